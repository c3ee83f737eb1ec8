/**
 * All layers of an image read once, from beginning to end: words of secrets found, and the few files kept whole that the
 * audit looks into. The bytes are compared with their digest on the way.
 */
import { availableParallelism } from 'node:os';
import { DecantError } from '../../errors.ts';
import { ARCHIVE_LIMITS } from '../../store/archive-limits.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { ScanResult, ScanSetup } from '../scan/scanner.ts';
import { compileModule, createScanner } from '../scan/scanner.ts';
import { startThreads, type Threads } from '../scan/thread.ts';
import { matcherModule, MEMORY } from '../scan/wasm.ts';
import { wordTables } from '../scan/words.ts';
import { MARKERS } from '../programs/markers.ts';
import { TOKEN_RULES, type TokenRule } from '../secrets/tokens.ts';
import type { AuditLayer } from './image.ts';

export interface FoundToken {
  readonly rule: TokenRule;
  readonly text: string;
  readonly layer: number;
  readonly entry: FileEntry;
}

export interface ReadImage {
  /** The bytes of a file that was wanted, as many of them as were. */
  readonly contents: ReadonlyMap<FileEntry, Uint8Array>;
  readonly tokens: readonly FoundToken[];
  /** Programs told by their content: the table's name, and the bytes that tell. */
  readonly marks: ReadonlyMap<FileEntry, { readonly program: string; readonly text: string }>;
  readonly notes: readonly string[];
}

/** How many bytes of a file are to be kept, from its beginning; 0 for none. */
export type Wanted = (entry: FileEntry, layer: number) => number;

/** All that is kept of one image. */
const MAX_KEPT_BYTES = 96 * 1024 * 1024;
const MAX_THREADS = 4;
/** Half a mebibyte to search in, which the processor's own memory holds, and room for what is found. */
const PAGES = 1 + 8 + 3;

/** Throws IMAGE_DAMAGED, DIGEST_MISMATCH, ARCHIVE_TOO_LARGE, FILE_UNREADABLE, INTERRUPTED. */
export async function readLayers(
  layers: readonly AuditLayer[],
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<ReadImage> {
  const words = [...TOKEN_RULES, ...MARKERS];
  const { memory, byStart } = wordTables(words.map(({ word }) => word));
  const setup: ScanSetup = {
    module: compileModule(matcherModule(PAGES)),
    memory,
    byStart,
    words: words.map(({ word, pattern, before, after }) => ({ word, pattern, before, after })),
    input: MEMORY.input,
    stopped: MEMORY.stopped,
    pages: PAGES,
  };
  const threads = startThreads(setup, Math.min(MAX_THREADS, availableParallelism()));
  const stop = (): void => void threads.close();
  signal?.addEventListener('abort', stop);
  const contents = new Map<FileEntry, Uint8Array>();
  const tokens: FoundToken[] = [];
  const marks = new Map<FileEntry, { readonly program: string; readonly text: string }>();
  const notes: string[] = [];
  let left = MAX_KEPT_BYTES;
  try {
    await untilAborted(
      signal,
      Promise.all(
        layers.map(async (layer, index) => {
          const files = filesByOffset(layer);
          const parts = partsOf(files, index, wanted, (bytes) => (left -= bytes) >= 0);
          const result = await readOne(layer, parts, setup, threads);
          for (const [part, bytes] of result.parts.entries()) {
            for (const entry of files.at(parts[2 * part] ?? -1)) contents.set(entry, bytes);
          }
          for (const { word, offset, text } of result.hits) {
            const rule = TOKEN_RULES[word];
            const entry = files.around(offset);
            const marker = MARKERS[word - TOKEN_RULES.length];
            if (entry && marker) marks.set(entry, { program: marker.program, text });
            if (rule && entry && (rule.check?.(text) ?? true))
              tokens.push({ rule, text, layer: index, entry });
          }
          if (result.truncated)
            notes.push(`layer ${index + 1} has more places that look like secrets than are looked at`);
        }),
      ),
    );
    for (const [index, layer] of layers.entries()) inlineFiles(layer, index, wanted, contents);
    if (left < 0) notes.push('not all files that the audit would look into were read: there are too many');
    tokens.sort((a, b) => a.layer - b.layer || (a.entry.path < b.entry.path ? -1 : 1));
    return { contents, tokens, marks, notes };
  } finally {
    signal?.removeEventListener('abort', stop);
    await threads.close();
  }
}

async function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const interrupted = (): DecantError => new DecantError('INTERRUPTED', 'the audit was interrupted');
  if (signal.aborted) throw interrupted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(interrupted());
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function readOne(
  { file, digest, tar }: AuditLayer,
  parts: readonly number[],
  setup: ScanSetup,
  threads: Threads,
): Promise<ScanResult> {
  if (!file) return scanStream(tar(), parts, setup);
  const { maxBytes } = ARCHIVE_LIMITS;
  const { path, compression } = file;
  if (compression === 'gzip') {
    const result = await threads.run({ path, compression, maxBytes, parts, task: 'both' });
    checkDigest(digest, result.digest);
    return result;
  }
  const [result, hashed] = await Promise.all([
    threads.run({ path, compression, maxBytes, parts, task: 'scan' }),
    threads.run({ path, compression, maxBytes, parts: [], task: 'digest' }),
  ]);
  checkDigest(digest, hashed.digest);
  return result;
}

/** Here and now: what lies inside of another file, and what Node cannot decompress without other modules. */
async function scanStream(
  stream: AsyncIterable<Uint8Array>,
  parts: readonly number[],
  setup: ScanSetup,
): Promise<ScanResult> {
  const scanner = createScanner(setup, parts);
  for await (const chunk of stream) scanner.add(chunk);
  return scanner.end();
}

function checkDigest(expected: string, found: string): void {
  if (expected === `sha256:${found}`) return;
  throw new DecantError(
    'DIGEST_MISMATCH',
    `layer ${expected} is damaged: its bytes have the digest sha256:${found}`,
    {
      hint: 'get the image again',
    },
  );
}

interface FilesByOffset {
  readonly all: readonly (readonly [number, readonly FileEntry[]])[];
  readonly at: (offset: number) => readonly FileEntry[];
  /** The file that has this byte of the stream. */
  readonly around: (offset: number) => FileEntry | undefined;
}

function filesByOffset({ layer }: AuditLayer): FilesByOffset {
  const byOffset = new Map<number, FileEntry[]>();
  for (const entry of layer.entries) {
    if (entry.type !== 'file' || entry.content.kind !== 'blob' || entry.size === 0) continue;
    const there = byOffset.get(entry.content.offset);
    if (there) there.push(entry);
    else byOffset.set(entry.content.offset, [entry]);
  }
  const all = [...byOffset].sort(([a], [b]) => a - b);
  return {
    all,
    at: (offset) => byOffset.get(offset) ?? [],
    around(offset) {
      let low = 0;
      let high = all.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((all[middle]?.[0] ?? 0) <= offset) low = middle + 1;
        else high = middle;
      }
      const [start = 0, entries = []] = all[low - 1] ?? [];
      const [entry] = entries;
      return entry && offset < start + entry.size ? entry : undefined;
    },
  };
}

function partsOf(
  { all }: FilesByOffset,
  layer: number,
  wanted: Wanted,
  take: (bytes: number) => boolean,
): number[] {
  const parts: number[] = [];
  for (const [offset, entries] of all) {
    const length = Math.max(...entries.map((entry) => Math.min(wanted(entry, layer), entry.size)));
    if (length > 0 && take(length)) parts.push(offset, length);
  }
  return parts;
}

/** Sparse files, which no place in the stream holds as they are. */
function inlineFiles(
  { layer }: AuditLayer,
  index: number,
  wanted: Wanted,
  contents: Map<FileEntry, Uint8Array>,
): void {
  for (const entry of layer.entries) {
    if (entry.type !== 'file' || entry.content.kind !== 'inline') continue;
    const length = wanted(entry, index);
    if (length > 0) contents.set(entry, entry.content.bytes.subarray(0, length));
  }
}
