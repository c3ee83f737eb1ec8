/**
 * What tells that Python is asked for, and which: names of extension modules (PEP 3149, PEP 425), of wheels (PEP 427),
 * and Requires-Python of a distribution's metadata (Core metadata specifications) or of a pyproject.toml (PEP 621).
 */
import { baseName, parentOf } from '../../tree/path.ts';
import type { RuntimeNeed } from './facts.ts';

const MODULE = /\.(?:cpython-(\d)(\d+)[a-z]*(?:-[^./]+)?|abi3)\.so$/;
const WHEEL = /-(?:cp|py)(\d)(\d*)(?:\.[^-]+)?-([^-]+)-[^-]+\.whl$/;

/** Going by the path alone. */
export function pythonByName(path: string): RuntimeNeed | undefined {
  const module = MODULE.exec(path);
  if (module) {
    const [, major, minor] = module;
    if (minor === undefined) return need(path, 'is a Python extension module');
    return need(path, `is compiled for Python ${major}.${minor}`, `${major}.${minor}.*`);
  }
  const wheel = WHEEL.exec(path);
  if (wheel) {
    const [, major = '3', minor = '', abi = ''] = wheel;
    const version = minor === '' ? major : `${major}.${minor}`;
    if (/^cp\d/.test(abi)) return need(path, `is a wheel for Python ${version}`, `${version}.*`);
    return need(path, `is a wheel for Python ${version} and later`, `>=${version}`);
  }
  return /\.pyc?$/.test(path) ? { ...need(path, 'is a Python program'), weak: true } : undefined;
}

/** Whether the file says which versions of Python it is for. */
export function isPythonMetadata(path: string): boolean {
  return /\.dist-info\/METADATA$|\.egg-info\/PKG-INFO$/.test(path) || path === 'pyproject.toml';
}

export function pythonByMetadata(path: string, text: string): RuntimeNeed | undefined {
  const [, range] =
    /^Requires-Python:\s*(\S[^\r\n]*)$/m.exec(text) ??
    /^requires-python\s*=\s*["']([^"']+)["']/m.exec(text) ??
    [];
  return range === undefined ? undefined : need(path, `wants Python ${range}`, range);
}

/** The folder that modules are imported from and the distribution's name, for its `.dist-info` folder or a file in it. */
export function distributionOf(path: string): { readonly folder: string; readonly name: string } | undefined {
  const info = parentOf(path);
  const [, name] = /^([^-/]+)-[^/]*\.(?:dist|egg)-info$/.exec(baseName(info)) ?? [];
  return name === undefined ? undefined : { folder: parentOf(info), name: name.toLowerCase() };
}

function need(path: string, reason: string, versions?: string): RuntimeNeed {
  return { language: 'python', path, reason, ...(versions !== undefined && { versions }) };
}
