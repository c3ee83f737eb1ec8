/**
 * One Zstandard frame (RFC 8878) of a block, by the reference implementation compiled to WebAssembly: the same bytes on
 * every machine and every Node, some of which have no Zstandard (docs/decisions/0001-compression.md).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CompressBlock, WasmModule } from '../blocks.ts';

/** What is used of the compiled library. Its build gives names of one letter, which hold for its one version. */
interface ZstdExports {
  /** memory */
  readonly f: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  /** the constructors of its globals */
  readonly g: () => void;
  /** ZSTD_isError */
  readonly h: (result: number) => number;
  /** ZSTD_compressBound */
  readonly i: (size: number) => number;
  /** ZSTD_createCCtx */
  readonly j: () => number;
  /** ZSTD_compress_usingDict */
  readonly l: (
    context: number,
    output: number,
    capacity: number,
    input: number,
    length: number,
    dictionary: number,
    dictionaryLength: number,
    level: number,
  ) => number;
  /** malloc */
  readonly s: (size: number) => number;
}

// TypeScript knows WebAssembly only together with the whole browser.
declare const WebAssembly: {
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
};

export function readZstd(): Uint8Array<ArrayBuffer> {
  const program = createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm');
  return readFileSync(join(dirname(program), 'zstd.wasm'));
}

/** See BlockFormat. */
export function createZstd(module: WasmModule, capacity: number): CompressBlock {
  const PAGE = 65_536;
  const MAX_MEMORY = 1024 * 1024 * 1024;
  const stop = (): never => {
    throw new Error('zstd gave up');
  };
  // A timer is set and a time asked for by nothing that is called here.
  const resize = (size: number): boolean => {
    const wanted = size >>> 0;
    if (wanted > MAX_MEMORY) return false;
    const { f: memory } = zstd;
    memory.grow(Math.ceil((wanted - memory.buffer.byteLength) / PAGE));
    return true;
  };
  const imports = { a: stop, b: () => undefined, c: stop, d: () => 0, e: resize };
  const zstd = new WebAssembly.Instance(module, { a: imports }).exports as ZstdExports;
  zstd.g();
  const bound = zstd.i(capacity);
  const [context, inputAt, outputAt] = [zstd.j(), zstd.s(capacity), zstd.s(bound)];
  if (context === 0 || inputAt === 0 || outputAt === 0) throw new Error('no memory for the compressor');
  return (input, level) => {
    new Uint8Array(zstd.f.buffer).set(input, inputAt);
    const size = zstd.l(context, outputAt, bound, inputAt, input.length, 0, 0, level);
    if (zstd.h(size) !== 0) throw new Error(`zstd failed with ${size}`);
    return new Uint8Array(zstd.f.buffer.slice(outputAt, outputAt + size));
  };
}
