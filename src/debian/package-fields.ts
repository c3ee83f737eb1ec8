/** A package as its stanza in an index describes it (deb-control(5); Debian repository format, "Packages indices"). */
import { DecantError } from '../errors.ts';
import type { Fields } from '../codec/control.ts';
import { parseClauses, parseDependencies } from './dependency.ts';
import type { MultiArch, Package } from './package.ts';

/** The fields that `packageOf` reads. */
export const PACKAGE_FIELDS = [
  'Package',
  'Version',
  'Architecture',
  'Source',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Conflicts',
  'Breaks',
  'Replaces',
  'Provides',
  'Multi-Arch',
  'Essential',
  'Priority',
  'Section',
  'Installed-Size',
  'Filename',
  'Size',
  'SHA256',
  'Maintainer',
  'Homepage',
  'Description',
] as const;

/** Throws ARCHIVE_INVALID where something that has to be there is missing or malformed. */
export function packageOf(fields: Fields, suite: string): Package {
  const name = fields.get('Package') ?? '';
  const what = `package ${name} of ${suite}`;
  const required = (field: string, form: RegExp): string => {
    const value = fields.get(field) ?? '';
    if (form.test(value)) return value;
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${what}: its ${field} is ${JSON.stringify(value.slice(0, 100))}`,
    );
  };
  const text = (field: string): string => fields.get(field) ?? '';
  const clauses = (field: string): Package['depends'] => parseClauses(text(field), `${what}, ${field}`);
  const names = (field: string): Package['breaks'] => parseDependencies(text(field), `${what}, ${field}`);
  const version = required('Version', /^[A-Za-z0-9.+~:-]+$/);
  const homepage = fields.get('Homepage');
  return {
    name: required('Package', /^[A-Za-z0-9][A-Za-z0-9+.-]*$/),
    version,
    architecture: required('Architecture', /^[a-z0-9-]+$/),
    source: sourceOf(text('Source'), name, version),
    depends: clauses('Depends'),
    preDepends: clauses('Pre-Depends'),
    recommends: clauses('Recommends'),
    conflicts: names('Conflicts'),
    breaks: names('Breaks'),
    replaces: names('Replaces'),
    provides: names('Provides'),
    multiArch: multiArchOf(text('Multi-Arch')),
    essential: text('Essential') === 'yes',
    priority: text('Priority'),
    section: text('Section'),
    installedSize: Number(/^\d{1,12}$/.exec(text('Installed-Size'))?.[0] ?? 0),
    filename: required('Filename', /^\S{1,1000}$/),
    size: Number(required('Size', /^\d{1,13}$/)),
    digest: `sha256:${required('SHA256', /^[0-9a-f]{64}$/)}`,
    maintainer: text('Maintainer'),
    ...(homepage === undefined ? {} : { homepage }),
    summary: text('Description').split('\n', 1)[0] ?? '',
    suite,
  };
}

/** `glibc (2.36-9)`, `glibc`, or nothing where the source has the binary's name and version. */
function sourceOf(text: string, name: string, version: string): Package['source'] {
  const [, source = name, sourceVersion = version] = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(text) ?? [];
  return { name: source, version: sourceVersion };
}

function multiArchOf(text: string): MultiArch {
  return text === 'same' || text === 'foreign' || text === 'allowed' ? text : 'no';
}
