/**
 * Raw deflate (RFC 1951) of one block, by zlib compiled to WebAssembly: the same bytes on every machine and every
 * Node, which node:zlib does not give (docs/decisions/0001-compression.md).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Bytes of input that are compressed as one block, on their own but for the dictionary. */
export const DEFLATE_BLOCK_BYTES = 1024 * 1024;
/** Bytes before a block that it may refer to: deflate's whole window. */
export const DICTIONARY_BYTES = 32 * 1024;

/** A compiled module; it may be sent to workers. */
export type WasmModule = object;

/** Compresses `input` after its first `dictionary` bytes, and ends at a byte boundary with an empty stored block. */
export type Deflate = (input: Uint8Array, dictionary: number, level: number) => Uint8Array<ArrayBuffer>;

/** What is used of the compiled zlib (zlib-streams, src/wasm/deflate_stream_wasm.c). Pointers are numbers. */
interface ZlibExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly malloc: (size: number) => number;
  readonly deflate_new: () => number;
  readonly deflate_init_raw: (stream: number, level: number) => number;
  /** Returns zlib's status in the upper 8 bits and the bytes produced in the lower 24. */
  readonly deflate_process: (
    stream: number,
    input: number,
    inputLength: number,
    output: number,
    outputLength: number,
    flush: number,
  ) => number;
  readonly deflate_last_consumed: (stream: number) => number;
  readonly deflate_end: (stream: number) => number;
}

// TypeScript knows WebAssembly only together with the whole browser.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule) => { readonly exports: unknown };
};

export function loadDeflateModule(): WasmModule {
  const path = createRequire(import.meta.url).resolve('zlib-streams/zlib-streams.wasm');
  return new WebAssembly.Module(readFileSync(path));
}

/**
 * A compressor for blocks of up to `capacity` bytes with their dictionary. This function's source is also what the
 * workers run (worker.ts), so it uses nothing from outside itself.
 */
export function createDeflate(module: WasmModule, capacity: number): Deflate {
  const NO_FLUSH = 0;
  const SYNC_FLUSH = 2;
  // V8 puts a function that it has compiled well in the place of the first quick version when it is called the next
  // time: a small program would be compressed before there is one.
  const STEP_BYTES = 32 * 1024;
  const zlib = new WebAssembly.Instance(module).exports as ZlibExports;
  // More than deflateBound: stored blocks cost 5 bytes in 16 KiB.
  const outputCapacity = capacity + Math.ceil(capacity / 1024) + 1024;
  const inputAt = zlib.malloc(capacity);
  const outputAt = zlib.malloc(outputCapacity);
  if (inputAt === 0 || outputAt === 0) throw new Error('no memory for the compressor');

  const step = (stream: number, at: number, length: number, produced: number, flush: number): number => {
    const room = outputCapacity - produced;
    const result = zlib.deflate_process(stream, inputAt + at, length, outputAt + produced, room, flush);
    const more = result & 0xff_ffff;
    const complete = zlib.deflate_last_consumed(stream) === length && more < room;
    if (result >> 24 !== 0 || !complete) throw new Error(`zlib failed with ${result >> 24}`);
    return produced + more;
  };

  const run = (stream: number, input: Uint8Array): number => {
    new Uint8Array(zlib.memory.buffer).set(input, inputAt);
    let produced = 0;
    let at = 0;
    for (; input.length - at > STEP_BYTES; at += STEP_BYTES)
      produced = step(stream, at, STEP_BYTES, produced, NO_FLUSH);
    return step(stream, at, input.length - at, produced, SYNC_FLUSH);
  };

  return (input, dictionary, level) => {
    const stream = zlib.deflate_new();
    if (zlib.deflate_init_raw(stream, level) !== 0) throw new Error('no memory for the compressor');
    try {
      // The module has no deflateSetDictionary. Compressing the dictionary and dropping what comes out leaves the
      // same window, for the cost of 3 % of a block.
      if (dictionary > 0) run(stream, input.subarray(0, dictionary));
      const produced = run(stream, input.subarray(dictionary));
      return new Uint8Array(zlib.memory.buffer.slice(outputAt, outputAt + produced));
    } finally {
      zlib.deflate_end(stream);
    }
  };
}
