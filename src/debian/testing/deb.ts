/**
 * Makes real .deb files in memory (deb(5)): what tests install. Nothing is read from disk, and the same description
 * gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { encodeTarHeader, TAR_END, type TarHeaderInput, tarPadding } from '../../codec/tar/tar.ts';
import { storedXz } from './xz.ts';

/** What is at a path: a file's content as text or bytes, or more than that. */
export type TestFile =
  | string
  | Uint8Array
  | {
      readonly content?: string | Uint8Array;
      /** A symbolic link's target. */
      readonly symlink?: string;
      /** A hard link's target: another path of the package. */
      readonly link?: string;
      readonly directory?: boolean;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
      /** Seconds since 1970. */
      readonly mtime?: number;
    };

export interface TestPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, or what the archive's first architecture is, unless said. */
  readonly architecture?: string;
  /** More fields of the control file: `{ Depends: 'libc6', 'Multi-Arch': 'same' }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** By absolute path: `/usr/bin/hello`. Folders above them are made. */
  readonly files?: Readonly<Record<string, TestFile>>;
  /** Members of the control archive: `postinst`, `triggers`, `shlibs`, … */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Absolute paths of files that are configuration. */
  readonly conffiles?: readonly string[];
  readonly compression?: 'gz' | 'xz' | 'none';
  /** A package made elsewhere, instead of one made of what is said above. */
  readonly built?: BuiltDeb;
}

export interface BuiltDeb {
  readonly bytes: Buffer;
  /** The control file, with its line feed at the end. */
  readonly control: string;
}

/** 2025-01-01: what files of packages have as their time unless said otherwise. */
export const PACKAGE_TIME = Date.UTC(2025, 0, 1) / 1000;

export function buildDeb(description: TestPackage, architecture = 'amd64'): BuiltDeb {
  const { compression = 'gz' } = description;
  const data = tarOf(treeOf(description.files ?? {}));
  const control = controlFile(description, architecture, Math.ceil(data.length / 1024));
  const sums = Object.entries(description.files ?? {})
    .flatMap(([path, file]) => {
      const content = contentOf(file);
      if (content === undefined || description.conffiles?.includes(path)) return [];
      return [`${createHash('md5').update(content).digest('hex')}  ${path.slice(1)}\n`];
    })
    .join('');
  const members: Record<string, TestFile> = { '/control': control };
  if (sums !== '') members['/md5sums'] = sums;
  if (description.conffiles)
    members['/conffiles'] = description.conffiles.map((path) => `${path}\n`).join('');
  for (const [name, text] of Object.entries(description.scripts ?? {})) {
    members[`/${name}`] = { content: text, mode: /^(?:pre|post)|^config$/.test(name) ? 0o755 : 0o644 };
  }
  const suffix = compression === 'none' ? '' : `.${compression}`;
  const bytes = ar({
    'debian-binary': Buffer.from('2.0\n'),
    [`control.tar${suffix}`]: pack(tarOf(treeOf(members)), compression),
    [`data.tar${suffix}`]: pack(data, compression),
  });
  return { bytes, control };
}

/** An ar archive (ar(5)) as dpkg-deb writes it. */
export function ar(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')];
  for (const [name, bytes] of Object.entries(members)) {
    const [time, owner, mode] = [String(PACKAGE_TIME).padEnd(12), '0     0     ', '100644  '];
    const header = `${name.padEnd(16)}${time}${owner}${mode}${String(bytes.length).padEnd(10)}\`\n`;
    parts.push(Buffer.from(header, 'latin1'), bytes);
    if (bytes.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

function controlFile(description: TestPackage, architecture: string, kibibytes: number): string {
  const fields: Record<string, string> = {
    Package: description.name,
    Version: description.version,
    Architecture: description.architecture ?? architecture,
    Maintainer: 'Test Archive <test@example.org>',
    'Installed-Size': String(kibibytes),
    Section: 'misc',
    Priority: 'optional',
    Description: `${description.name}, made for a test\n It has a second line.`,
    ...description.fields,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

function pack(bytes: Buffer, compression: 'gz' | 'xz' | 'none'): Buffer {
  if (compression === 'none') return bytes;
  return compression === 'gz' ? gzipSync(bytes) : storedXz(bytes);
}

interface Member {
  readonly header: TarHeaderInput;
  readonly content?: Buffer;
}

/** The files with the folders above them, each before what is in it, links last. */
function treeOf(files: Readonly<Record<string, TestFile>>): readonly Member[] {
  const members = new Map<string, Member>([['./', folder('./')]]);
  const links: Member[] = [];
  for (const [path, file] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = path.slice(1).split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const above = `./${parts.slice(0, depth).join('/')}/`;
      if (!members.has(above)) members.set(above, folder(above));
    }
    const member = memberOf(`.${path}`, file);
    if (member.header.type === 'link') links.push(member);
    else members.set(member.header.path, member);
  }
  return [...members.values(), ...links];
}

function memberOf(path: string, file: TestFile): Member {
  const said = typeof file === 'string' || file instanceof Uint8Array ? {} : file;
  const attributes = { uid: said.uid ?? 0, gid: said.gid ?? 0, mtime: said.mtime ?? PACKAGE_TIME };
  if (said.symlink !== undefined) {
    return { header: { path, type: 'symlink', mode: 0o777, linkname: said.symlink, ...attributes } };
  }
  if (said.link !== undefined) {
    return { header: { path, type: 'link', mode: 0o644, linkname: `.${said.link}`, ...attributes } };
  }
  if (said.directory) {
    return { header: { path: `${path}/`, type: 'directory', mode: said.mode ?? 0o755, ...attributes } };
  }
  const content = contentOf(file) ?? Buffer.alloc(0);
  return {
    header: { path, type: 'file', mode: said.mode ?? 0o644, size: content.length, ...attributes },
    content,
  };
}

function folder(path: string): Member {
  return { header: { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: PACKAGE_TIME } };
}

/** A file's bytes; undefined for what is no file. */
function contentOf(file: TestFile): Buffer | undefined {
  if (typeof file === 'string' || file instanceof Uint8Array) return Buffer.from(file);
  if (file.symlink !== undefined || file.link !== undefined || file.directory) return undefined;
  return Buffer.from(file.content ?? '');
}

function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ header, content }) =>
    content ? [encodeTarHeader(header), content, tarPadding(content.length)] : [encodeTarHeader(header)],
  );
  return Buffer.concat([...parts, TAR_END]);
}
