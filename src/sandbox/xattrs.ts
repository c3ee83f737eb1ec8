/**
 * Extended attributes of a whole directory, which Node cannot read: one run of getfattr(1) for all files, its output
 * taken apart (`# file: NAME`, then `name=0xHEX` lines; what would break a line is `\ooo` in names).
 */
import { spawn } from 'node:child_process';
import { collect } from '../codec/stream.ts';
import { decodePath } from '../codec/path.ts';
import { DecantError } from '../errors.ts';
import { findTool, toolEnvironment } from './tools.ts';

/** Path below the directory (as in tree/entry.ts) to attributes by full name. Files without any are not listed. */
export type XattrMap = ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>;

/** What getfattr is told, to read all attributes below the directory that it is in, of links themselves. */
export const GETFATTR_ARGUMENTS = [
  '--recursive',
  '--physical',
  '--no-dereference',
  '--dump',
  '--match=-',
  '--encoding=hex',
  '--',
  '.',
] as const;

/** Reads all attributes below a directory, of links themselves and not of what they point to. */
export async function readXattrs(directory: string): Promise<XattrMap> {
  const child = spawn(findTool('getfattr'), GETFATTR_ARGUMENTS, {
    cwd: directory,
    env: toolEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [output, errors, status] = await Promise.all([collect(child.stdout), collect(child.stderr), ended]);
  if (status !== 0) throw unreadable(directory, errors.toString());
  return parseGetfattr(output);
}

export function unreadable(directory: string, messages: string): DecantError {
  return new DecantError('FILE_UNREADABLE', `cannot read the extended attributes of ${directory}`, {
    output: messages.trim().split('\n').slice(-10),
  });
}

/** What getfattr printed. Lines that make no sense are passed over. */
export function parseGetfattr(output: Buffer): XattrMap {
  const files = new Map<string, Record<string, Uint8Array>>();
  let current: [string, Uint8Array][] = [];
  let path: string | undefined;
  const flush = (): void => {
    if (path !== undefined && current.length > 0) files.set(path, Object.fromEntries(current));
    current = [];
  };
  for (const line of output.toString('latin1').split('\n')) {
    if (line.startsWith('# file: ')) {
      flush();
      path = unescape(line.slice('# file: '.length)).replace(/^\.\/?/, '');
      continue;
    }
    const match = /^([^=]+)=(?:0x((?:[0-9a-f]{2})*))?$/i.exec(line);
    if (match) current.push([unescape(match[1] ?? ''), Buffer.from(match[2] ?? '', 'hex')]);
  }
  flush();
  return files;
}

function unescape(text: string): string {
  const bytes = text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return decodePath(Buffer.from(bytes, 'latin1'));
}
