/**
 * data.tar of packages that were read before, each into a file of its own. To start a program stops a large process for as
 * long as the new one needs to come to life, so the program xz is started once a processor, not once a package.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fromSystemError } from '../../errors.ts';
import { xzOfHost } from './member.ts';
import { findData, unpackDeb } from './read-deb.ts';
import { xzFiles } from './xz-program.ts';

export interface Unpacked {
  /** The package as a file. */
  readonly path: string;
  /** Where its data.tar is to be: nothing is there yet. */
  readonly target: string;
}

interface Packed extends Unpacked {
  readonly size: number;
}

/**
 * Begins; what it gives ends when all is unpacked. Throws what `readDeb` throws, of the first package that is damaged.
 *
 * @returns Once what is left to do needs nothing of this thread.
 */
export async function unpackDebs(
  debs: readonly Unpacked[],
  signal: AbortSignal,
): Promise<{ readonly done: Promise<void> }> {
  const program = await xzOfHost();
  const packed: Packed[] = [];
  const others: Unpacked[] = [];
  for (const deb of debs) {
    const member = program === undefined ? undefined : await findData(deb.path, { signal });
    if (member?.name !== 'data.tar.xz') others.push(deb);
    else {
      copyPart(deb.path, member.offset, member.size, packedFile(deb));
      packed.push({ ...deb, size: member.size });
    }
  }
  const together = shared(packed, availableParallelism()).map((group) =>
    unpackTogether(group, program ?? '', signal),
  );
  const oneByOne = async (): Promise<void> => {
    for (let deb = others.pop(); deb; deb = others.pop()) await unpackDeb(deb.path, deb.target, { signal });
  };
  // One more than there are processors, so that none waits for the disk.
  const alone = Array.from({ length: availableParallelism() + 1 }, oneByOne);
  const done = Promise.allSettled([...together, ...alone]).then((results) => {
    signal.throwIfAborted();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  done.catch(() => undefined);
  return { done };
}

async function unpackTogether(debs: readonly Packed[], program: string, signal: AbortSignal): Promise<void> {
  try {
    if (await xzFiles(debs.map(packedFile), program, signal)) return;
    // One of them is damaged, or the disk is full. Alone, each says what is wrong with it.
    for (const { path, target } of debs) {
      rmSync(target, { force: true });
      await unpackDeb(path, target, { signal });
    }
  } finally {
    for (const deb of debs) rmSync(packedFile(deb), { force: true });
  }
}

/** xz takes the suffix off. */
function packedFile({ target }: Unpacked): string {
  return `${target}.xz`;
}

/** In as many groups, each with about as much to do; the large ones first. */
function shared(debs: readonly Packed[], groups: number): readonly (readonly Packed[])[] {
  const all = Array.from({ length: groups }, () => ({ size: 0, debs: [] as Packed[] }));
  for (const deb of debs.toSorted((a, b) => b.size - a.size)) {
    const least = all.reduce((one, other) => (other.size < one.size ? other : one));
    least.size += deb.size;
    least.debs.push(deb);
  }
  return all.filter((group) => group.debs.length > 0).map((group) => group.debs);
}

const COPY_BYTES = 256 * 1024;

function copyPart(path: string, offset: number, size: number, target: string): void {
  const [from, to] = [openSync(path, 'r'), openSync(target, 'wx', 0o600)];
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, size));
    for (let at = 0; at < size;) {
      const length = readSync(from, buffer, 0, Math.min(buffer.length, size - at), offset + at);
      // A package that is cut off; xz says so.
      if (length === 0) return;
      for (let done = 0; done < length;) done += writeSync(to, buffer, done, length - done);
      at += length;
    }
  } catch (error) {
    throw fromSystemError(error, 'unpacking packages');
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
