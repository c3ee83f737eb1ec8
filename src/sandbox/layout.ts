/**
 * The private directory of one run, and the options of the overlay mounted in it (Documentation/filesystems/
 * overlayfs.rst). The kernel takes one page of options, 4096 bytes with all paths in them; so each directory is given
 * as a symbolic link with a short name beside the mount point, which also keeps `,`, `:` and `\` out of the options.
 */
import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePath } from '../codec/path.ts';
import { DecantError } from '../errors.ts';
import type { Entry } from '../tree/entry.ts';

const MAX_OPTION_BYTES = 4095;
/** OVL_MAX_STACK of the kernel. */
const MAX_LOWERS = 500;

const PLAIN_ROOT = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };

export interface OverlayRequest {
  /** Absolute directories, the top one first. */
  readonly lowers: readonly string[];
  /** Where writes go; without them the root is read-only. Both on one file system that is not an overlay itself. */
  readonly upper?: string | undefined;
  readonly work?: string | undefined;
  readonly stubs: readonly Entry[];
  /** The image's own root directory, for its mode, owner and time. */
  readonly rootEntry?: Entry | undefined;
  readonly userNamespace: boolean;
}

export interface Overlay {
  /** The mount point, in the private directory. */
  readonly point: string;
  readonly options: string;
}

/**
 * Makes links, stubs and mount point in the directory, and returns how to mount it. Several overlays in one directory
 * differ in their names.
 */
export function prepareOverlay(scratch: string, request: OverlayRequest, name = ''): Overlay {
  const own = (part: string): string => (name === '' ? part : `${name}.${part}`);
  const [point, stub] = [own('root'), own('stub')];
  mkdirSync(join(scratch, point));
  mkdirSync(join(scratch, stub), { mode: 0o755 });
  writeStubs(join(scratch, stub), request.stubs);
  // The root of an overlay shows the attributes of the topmost directory.
  for (const top of [join(scratch, stub), ...(request.upper === undefined ? [] : [request.upper])]) {
    const { mode, uid, gid, mtime } = request.rootEntry ?? PLAIN_ROOT;
    chownSync(top, uid, gid);
    chmodSync(top, mode);
    utimesSync(top, mtime, mtime);
  }
  const names = request.lowers.map((lower, index) => {
    const link = own(index.toString(36));
    symlinkSync(lower, join(scratch, link));
    return link;
  });
  // An overlay without an upper directory must have two lower ones.
  if (names.length === 0 && request.upper === undefined) {
    mkdirSync(join(scratch, own('empty')));
    names.push(own('empty'));
  }
  const options = [`lowerdir=${[stub, ...names].join(':')}`];
  if (request.upper !== undefined && request.work !== undefined) {
    symlinkSync(request.upper, join(scratch, own('upper')));
    symlinkSync(request.work, join(scratch, own('work')));
    // Nothing written survives a crash of the machine anyway before the layer is recorded: spare dpkg its fsyncs.
    options.push(`upperdir=${own('upper')}`, `workdir=${own('work')}`, 'volatile');
  }
  // Explicit, because kernels differ in their defaults, and metadata-only copies are no layer.
  options.push(
    'index=off',
    'xino=off',
    ...(request.userNamespace ? ['userxattr'] : ['metacopy=off', 'redirect_dir=off']),
  );
  const text = options.join(',');
  if (text.length > MAX_OPTION_BYTES || names.length + 1 > MAX_LOWERS) {
    throw new DecantError('EXEC_FAILED', `a root file system of ${names.length} layers cannot be mounted`, {
      hint: 'join some RUN and COPY instructions, or start from an image with fewer layers',
    });
  }
  return { point, options: text };
}

/** Directories and files of our own making, parents first; times last, since writing into a directory changes them. */
function writeStubs(directory: string, stubs: readonly Entry[]): void {
  for (const stub of stubs) {
    const path = below(directory, stub.path);
    if (stub.type === 'directory') mkdirSync(path);
    else if (stub.type === 'file')
      writeFileSync(path, stub.content.kind === 'inline' ? stub.content.bytes : '', { flag: 'wx' });
    else continue;
    chownSync(path, stub.uid, stub.gid);
    chmodSync(path, stub.mode);
  }
  for (const stub of stubs.toReversed()) {
    if (stub.type === 'directory' || stub.type === 'file')
      utimesSync(below(directory, stub.path), stub.mtime, stub.mtime);
  }
}

function below(directory: string, path: string): Buffer {
  return encodePath(`${directory}/${path}`);
}
