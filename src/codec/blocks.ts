/**
 * Compressing in blocks of a fixed size, each of which becomes a compressed stream of its own; those behind each other are
 * one stream to every decoder. So the bytes depend neither on how many threads work nor on how the input is chunked.
 */
import { availableParallelism } from 'node:os';
import type { ByteStream } from './stream.ts';
import { threadPool, type ThreadJob, type ThreadResult } from './threads.ts';

/** A compiled module of WebAssembly; it may be sent to threads. */
export type WasmModule = object;

/** Compresses a block into memory of its own. */
export type CompressBlock = (input: Uint8Array, level: number) => Uint8Array<ArrayBuffer>;

export interface BlockFormat<Level extends number> {
  /** Of its threads. */
  readonly name: string;
  /** Of input. Another size gives other bytes. */
  readonly blockBytes: number;
  /** Where none is asked for. */
  readonly level: Level;
  /** Reads the module. */
  readonly read: () => Uint8Array<ArrayBuffer>;
  /** For blocks of up to `capacity` bytes. Its source is also what threads run, so it uses nothing from outside itself. */
  readonly create: (module: WasmModule, capacity: number) => CompressBlock;
}

export interface BlockOptions<Level extends number> {
  /** Another level gives other bytes, and so other digests. */
  readonly level?: Level | undefined;
  /**
   * How many blocks are compressed at once, all processors by default. With 0 this thread compresses them: that is sooner
   * for a few, since a thread takes longer to start and to end.
   */
  readonly threads?: number | undefined;
}

export interface BlockCompressor<Level extends number> {
  /** The compressed stream. Throws what the source throws, and INTERNAL if a thread dies. */
  readonly compress: (source: ByteStream, options?: BlockOptions<Level>) => AsyncGenerator<Uint8Array>;
  /** Loads what this thread needs, for who has to wait for something else until then. Throws nothing. */
  readonly load: () => void;
  /** Ends the threads that have nothing to do: a program that ends takes them down one after the other, and waits. */
  readonly rest: () => void;
}

interface Job extends ThreadJob {
  readonly length: number;
  readonly level: number;
}

const MAX_THREADS = 64;
/** An input up to this size is compressed where it is; starting a thread takes longer. */
const SMALL_BYTES = 256 * 1024;

// TypeScript knows WebAssembly only together with the whole browser.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule };

export function blockCompressor<Level extends number>(format: BlockFormat<Level>): BlockCompressor<Level> {
  const { name, blockBytes, read, create } = format;
  let module: WasmModule | undefined;
  let local: CompressBlock | undefined;
  const load = (): WasmModule => (module ??= new WebAssembly.Module(read()));
  const here = (): CompressBlock => (local ??= create(load(), blockBytes));
  const pool = threadPool<Job>({
    name,
    source: `(data) => {
      const create = ${create.toString()};
      const compress = create(data.module, data.capacity);
      return ({ buffer, length, level }) => compress(new Uint8Array(buffer, 0, length), level);
    }`,
    data: () => ({ module: load(), capacity: blockBytes }),
  });

  async function* compress(
    source: ByteStream,
    { level = format.level, threads = availableParallelism() }: BlockOptions<Level> = {},
  ): AsyncGenerator<Uint8Array> {
    const most = Math.max(1, Math.min(threads, MAX_THREADS));
    const running: Promise<ThreadResult>[] = [];
    const spare: ArrayBuffer[] = [];
    let block = new Uint8Array(blockBytes);
    let length = 0;
    let isEmpty = true;
    const start = (): void => {
      const result = pool.run({ buffer: block.buffer, length, level }, most);
      // A failure is reported when its turn comes, or not at all if nobody asks for it any more.
      result.catch(() => undefined);
      running.push(result);
    };
    const finished = async (): Promise<Uint8Array> => {
      const { output, buffer } = (await running.shift()) as ThreadResult;
      spare.push(buffer);
      return output;
    };
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length;) {
        const count = Math.min(chunk.length - at, blockBytes - length);
        block.set(chunk.subarray(at, at + count), length);
        length += count;
        at += count;
        if (length < blockBytes) continue;
        isEmpty = false;
        if (threads === 0) yield here()(block, level);
        else {
          if (running.length > most) yield await finished();
          start();
          block = new Uint8Array(spare.pop() ?? new ArrayBuffer(blockBytes));
        }
        length = 0;
      }
    }
    const isLast = length > 0 || isEmpty;
    if (isLast && (threads === 0 || (running.length === 0 && length <= SMALL_BYTES)))
      yield here()(block.subarray(0, length), level);
    else if (isLast) start();
    while (running.length > 0) yield await finished();
  }

  return {
    compress,
    load() {
      try {
        here();
      } catch {
        // Whoever compresses is told.
      }
    },
    rest: pool.rest,
  };
}
