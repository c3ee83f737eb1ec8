/**
 * A binary package (deb(5)) as values: control data and scripts, and what it installs as a layer whose contents are
 * references into the unpacked data.tar. Nothing is installed, no script is run, and no name of the package's choice
 * reaches the file system.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { readAr, type ArMember } from '../../codec/ar.ts';
import { collect } from '../../codec/stream.ts';
import { readTar } from '../../codec/tar/tar.ts';
import { DecantError } from '../../errors.ts';
import { cleanPath } from '../../tree/path.ts';
import { parseControl } from '../../codec/control.ts';
import type { Deb, Md5Sum } from './deb.ts';
import { readData, writeData } from './data.ts';
import { plainMember, type XzDecoder } from './member.ts';

export interface ReadDebOptions {
  /** A directory that lives as long as the layer's contents are read. */
  readonly temporary: () => Promise<string>;
  readonly signal: AbortSignal;
  /** How data.tar.xz is read; unless told, by the program `xz`, or in a thread where there is none. */
  readonly xz?: XzDecoder;
  /** What the package is called in errors; its file's name otherwise. */
  readonly name?: string;
}

/** control.tar is held in memory: lists of files, mostly, and a few megabytes at the very most. */
const MAX_CONTROL_BYTES = 64 * 1024 * 1024;
const MAX_CONTROL_FILES = 1000;
const READ_BYTES = 256 * 1024;
/** control.tar is rarely larger. */
const FIND_BYTES = 32 * 1024;
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm', 'config'];

/**
 * @param path The package as a file, known to be what was asked for.
 * @throws DecantError ARCHIVE_INVALID, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE, and DISK_FULL where there is no room for
 * data.tar.
 */
export function readDeb(path: string, options: ReadDebOptions): Promise<Deb> {
  return readMembers(path, options, async (name, control, data) =>
    debOf(await readControl(await control(), name), await readData(await data(), name, options), name),
  );
}

/** data.tar alone, into a file, for a package that was read before. Throws as `readDeb` does. */
export function unpackDeb(
  path: string,
  target: string,
  options: Omit<ReadDebOptions, 'temporary'>,
): Promise<void> {
  return readMembers(path, options, async (name, control, data) => {
    await control();
    await writeData(await data(), name, target);
  });
}

/** Where data.tar is in a package, and how it is called there. Throws as `readDeb` does. */
export function findData(path: string, options: Omit<ReadDebOptions, 'temporary'>): Promise<ArMember> {
  return readMembers(
    path,
    options,
    async (_name, control, data) => {
      await control();
      return data();
    },
    FIND_BYTES,
  );
}

type NextMember = () => Promise<ArMember>;

/** @param read Takes the two members in their order. */
async function readMembers<T>(
  path: string,
  { signal, name = basename(path) }: Omit<ReadDebOptions, 'temporary'>,
  read: (name: string, control: NextMember, data: NextMember) => Promise<T>,
  readBytes = READ_BYTES,
): Promise<T> {
  signal.throwIfAborted();
  const file = createReadStream(path, { highWaterMark: readBytes, signal });
  const members = readAr(file, { name });
  const next = async (wanted: string): Promise<ArMember> => {
    for (;;) {
      const { value: member } = await members.next();
      if (!member) throw invalid(name, `it has no ${wanted}`);
      if (member.offset === FIRST_OFFSET) await checkFormat(member, name);
      else if (!member.name.startsWith('_')) return member;
    }
  };
  try {
    return await read(
      name,
      () => next('control.tar'),
      () => next('data.tar'),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await members.return(undefined);
  }
}

/** After the magic bytes and the first header. */
const FIRST_OFFSET = 68;

async function checkFormat(member: ArMember, name: string): Promise<void> {
  if (member.name !== 'debian-binary') throw invalid(name, 'it does not begin as a package does');
  const version = member.size > 64 ? '' : (await collect(member.body())).toString('latin1');
  if (!/^2\.\d+\n/.test(version)) {
    throw invalid(name, `it is of a format that is not known: ${JSON.stringify(version.slice(0, 20))}`);
  }
}

async function readControl(member: ArMember, name: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const tar = plainMember(member, 'control.tar', { name, maxBytes: MAX_CONTROL_BYTES });
  const files = new Map<string, Uint8Array>();
  for await (const { header, body } of readTar(tar, { name: `${name}: control.tar` })) {
    if (header.type !== 'file') continue;
    const file = cleanPath(header.path);
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(file)) continue;
    if (files.size >= MAX_CONTROL_FILES) throw invalid(name, 'its control.tar has very many files');
    files.set(file, await collect(body()));
  }
  return files;
}

/** A package by what control.tar has, and what it installs. Throws ARCHIVE_INVALID. */
export function debOf(controlFiles: ReadonlyMap<string, Uint8Array>, layer: Deb['layer'], name: string): Deb {
  const text = (file: string): string => Buffer.from(controlFiles.get(file) ?? []).toString('utf8');
  const controlText = text('control');
  const control = parseControl(controlText, { name: `${name}: control` });
  const field = (key: string, form: RegExp): string => {
    const value = control.get(key) ?? '';
    if (!form.test(value)) throw invalid(name, `its control file has no proper ${key}: ${quoted(value)}`);
    return value;
  };
  return {
    name: field('Package', /^[a-zA-Z0-9][a-zA-Z0-9+.-]*$/),
    version: field('Version', /^[a-zA-Z0-9+.~:-]+$/),
    architecture: field('Architecture', /^[a-z0-9-]+$/),
    control,
    controlText,
    md5sums: parseMd5sums(text('md5sums'), name),
    conffiles: parseConffiles(text('conffiles')),
    scripts: new Map(SCRIPTS.filter((script) => controlFiles.has(script)).map((s) => [s, text(s)])),
    triggers: text('triggers'),
    controlFiles,
    layer,
  };
}

/** Lines of an MD5, two spaces and a path below the root; binary mode's asterisk is as good as a space. */
function parseMd5sums(text: string, name: string): readonly Md5Sum[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, digest, path] = /^([0-9a-f]{32}) [ *](.+)$/.exec(line) ?? [];
      if (digest === undefined || path === undefined)
        throw invalid(name, `its md5sums has the line ${quoted(line)}`);
      return { digest, path: cleanPath(path) };
    });
}

/** Absolute paths, one a line; a flag in front (`remove-on-upgrade`) means that the file is not in the package. */
function parseConffiles(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => cleanPath(line.trimEnd()));
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

function invalid(name: string, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
