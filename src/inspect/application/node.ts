/** What tells that Node.js is asked for, and which: addons, their module version, and `engines` of a package.json. */
import type { NativeObject, RuntimeNeed } from './facts.ts';

/** NODE_MODULE_VERSION by major version of Node.js; addons built without Node-API are for one of them only. */
const MODULE_VERSIONS: ReadonlyMap<number, number> = new Map([
  [83, 14],
  [93, 16],
  [108, 18],
  [115, 20],
  [127, 22],
  [137, 24],
]);

export function nodeByObject({ path, marks }: NativeObject): RuntimeNeed | undefined {
  if (!path.endsWith('.node')) return undefined;
  const mark = marks.map((one) => /^node_register_module_v(\d+)$/.exec(one)?.[1]).find(Boolean);
  const major = mark === undefined ? undefined : MODULE_VERSIONS.get(Number(mark));
  if (major === undefined) return need(path, 'is a Node.js addon');
  return need(path, `is an addon for Node.js ${major}`, `${major}.*`);
}

/** Packages in node_modules say what they were tested with; what counts is what the application itself says. */
export function isNodeManifest(path: string): boolean {
  return /(?:^|\/)package\.json$/.test(path) && !path.includes('node_modules/');
}

export function nodeByManifest(path: string, text: string): RuntimeNeed | undefined {
  try {
    const manifest: unknown = JSON.parse(text);
    const engines = property(manifest, 'engines');
    const range = property(engines, 'node');
    if (typeof range === 'string') return need(path, `asks for Node.js ${range}`, range);
    return { ...need(path, 'is the manifest of a Node.js program'), weak: true };
  } catch {
    return undefined;
  }
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function need(path: string, reason: string, versions?: string): RuntimeNeed {
  return { language: 'node', path, reason, ...(versions !== undefined && { versions }) };
}
