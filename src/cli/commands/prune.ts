/** `decant prune` */
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import { formatPrune, pruneJson } from '../format/reports.ts';
import { DecantError } from '../../errors.ts';
import { parseByteSize, parseDuration } from '../flags.ts';
import { print, textOptions } from '../io.ts';
import { privileges, runInUserNamespace } from '../privileges.ts';
import type { PruneOptions } from '../../store/collect.ts';
import { withStore } from '../store.ts';

interface Flags {
  readonly all?: boolean;
  readonly olderThan?: string;
  readonly filter?: string;
  readonly maxUsedSpace?: string;
  /** As older and newer versions of Docker have it. */
  readonly keepStorage?: string;
  readonly reservedSpace?: string;
  readonly minFreeSpace?: string;
  readonly format: 'text' | 'json';
}

export async function command(flags: Flags): Promise<number | void> {
  const olderThan = ageOf(flags);
  const limits = limitsOf(flags);
  try {
    await withStore(async (store) => {
      // What RUN steps wrote belongs to many users; removing it takes what writing it took.
      if (privileges() === 'none' && store.layers.list().length + store.mounts.list().length > 0)
        throw new NamespaceNeeded();
      const { images, blobs, layers, cache, mounts, builds } = await store.prune({
        all: flags.all,
        olderThan,
        ...limits,
      });
      const report = {
        dryRun: false,
        removed: [
          { kind: 'images', count: images, size: 0 },
          { kind: 'blobs', count: blobs.count, size: blobs.bytes },
          { kind: 'unpacked layers', count: layers.count, size: layers.bytes },
          { kind: 'cache records', count: cache.count, size: cache.bytes },
          { kind: 'cache mounts', count: mounts.count, size: mounts.bytes },
          { kind: 'builds', count: builds.count, size: builds.bytes },
        ],
      };
      print(flags.format === 'json' ? pruneJson(report) : formatPrune(report, textOptions()));
    });
  } catch (error) {
    if (error instanceof NamespaceNeeded) return runInUserNamespace();
    throw error;
  }
}

/** What is reserved is the limit where no other is given, as BuildKit has it. */
function limitsOf(flags: Flags): Pick<PruneOptions, 'maxBytes' | 'minFreeBytes' | 'reservedBytes'> {
  const size = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : parseByteSize(text, flag);
  const maxBytes = size(flags.maxUsedSpace ?? flags.keepStorage, '--max-used-space');
  const minFreeBytes = size(flags.minFreeSpace, '--min-free-space');
  const reservedBytes = size(flags.reservedSpace, '--reserved-space');
  if (maxBytes === undefined && minFreeBytes === undefined) return { maxBytes: reservedBytes };
  return { maxBytes, minFreeBytes, reservedBytes };
}

function ageOf({ olderThan, filter }: Flags): number | undefined {
  if (olderThan !== undefined) return parseDuration(olderThan, '--older-than');
  if (filter === undefined) return undefined;
  const [, until] = /^until=(.*)$/.exec(filter) ?? [];
  if (until !== undefined) return parseDuration(until, '--filter until=');
  throw new DecantError('USAGE', `--filter "${filter}" is none that is known`, {
    hint: 'write --filter until=24h',
  });
}
