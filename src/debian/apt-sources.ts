/**
 * The machine's own apt set-up (sources.list(5)): `/etc/apt/sources.list`, `sources.list.d/*.list` with one source a
 * line, and `*.sources` in the form of control data. apt itself is not asked: decant also runs where it is not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Fields, parseParagraphs } from '../codec/control.ts';
import type { KeySource } from './keyring.ts';
import type { ArchiveSource } from './source.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Sources of binary packages below `root` (`/`), in apt's order. What decant cannot use is left out: `deb-src`,
 * disabled ones, flat repositories, methods other than http, https and file. So are files that are malformed: they are
 * apt's to complain about.
 */
export function readAptSources(root = '/'): readonly ArchiveSource[] {
  const folder = join(root, 'etc/apt');
  const files = [
    join(folder, 'sources.list'),
    ...listed(join(folder, 'sources.list.d')).map((name) => join(folder, 'sources.list.d', name)),
  ];
  return files.flatMap((file) => {
    const text = readText(file);
    if (text === undefined) return [];
    try {
      return file.endsWith('.sources') ? parseDeb822Sources(text, file) : parseSourcesList(text);
    } catch {
      return [];
    }
  });
}

/** `deb [arch=amd64 signed-by=/path] http://… suite main contrib # comment` */
export function parseSourcesList(text: string): readonly ArchiveSource[] {
  return text.split('\n').flatMap((line) => {
    const [, options = '', uri, suite, components = ''] =
      /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(line.replace(/#.*$/, '')) ?? [];
    if (uri === undefined || suite === undefined) return [];
    const values = new Map(words(options).map((word) => splitOption(word)));
    const architectures = values.get('arch')?.split(',');
    return usable({
      uri,
      suite,
      components: words(components),
      signedBy: keysNamed(values.get('signed-by')?.split(',') ?? []),
      ...(architectures ? { architectures } : {}),
    });
  });
}

/** Paragraphs with `Types`, `URIs`, `Suites`, `Components`, `Signed-By`: each URI with each suite is a source. */
export function parseDeb822Sources(text: string, name: string): readonly ArchiveSource[] {
  return parseParagraphs(text, { name, comments: true }).flatMap((fields) => {
    if (
      !words(fields.get('Types')).includes('deb') ||
      /^(?:no|false|0|off)$/i.test(fields.get('Enabled') ?? '')
    ) {
      return [];
    }
    const components = words(fields.get('Components'));
    const signedBy = signedByOf(fields);
    const architectures = words(fields.get('Architectures'));
    return words(fields.get('URIs')).flatMap((uri) =>
      words(fields.get('Suites')).flatMap((suite) =>
        usable({ uri, suite, components, signedBy, ...(architectures.length > 0 ? { architectures } : {}) }),
      ),
    );
  });
}

/** `arch+=i386` adds to what apt would take anyway, which says nothing about what is there. */
function splitOption(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at).toLowerCase(), word.slice(at + 1)];
}

/** Paths and fingerprints, or a whole key, of which a blank line is written as a dot. */
function signedByOf(fields: Fields): readonly KeySource[] {
  const text = fields.get('Signed-By') ?? '';
  if (!text.includes('-----BEGIN PGP')) return keysNamed(text.split(/[\s,]+/));
  return [
    {
      armored: text
        .replace(/^[ \t]*\.?[ \t]*$/gm, '')
        .replace(/^[ \t]+/gm, '')
        .trimStart(),
    },
  ];
}

function keysNamed(names: readonly string[]): readonly KeySource[] {
  return names
    .filter((name) => name !== '')
    .map((name) => (name.startsWith('/') ? { file: name } : { fingerprint: name }));
}

interface Described extends ArchiveSource {
  readonly signedBy: readonly KeySource[];
}

function usable(source: Described): readonly ArchiveSource[] {
  const { uri, components, signedBy, ...rest } = source;
  // A flat repository has no components, and a suite that ends in a slash.
  if (!/^(?:https?|file):/.test(uri) || components.length === 0 || source.suite.endsWith('/')) return [];
  const address = uri.replace(/^file:(?!\/\/)/, 'file://').replace(/\/+$/, '');
  return [{ ...rest, uri: address, components, ...(signedBy.length > 0 ? { signedBy } : {}) }];
}

function words(text = ''): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** apt reads only names of these forms, in the order of their bytes. */
function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[A-Za-z0-9._-]+\.(?:list|sources)$/.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    const bytes = readFileSync(file);
    return bytes.length > MAX_FILE_BYTES ? undefined : bytes.toString('utf8');
  } catch {
    return undefined;
  }
}
