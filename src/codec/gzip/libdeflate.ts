/** libdeflate compiled to WebAssembly (npm package `libdeflate`): one gzip member (RFC 1952) of a block. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CompressBlock, WasmModule } from '../blocks.ts';

/** What is used of the compiled library. Its build gives names of one letter, which hold for its one version. */
interface LibdeflateExports {
  /** memory */
  readonly c: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  /** the constructors of its globals */
  readonly d: () => void;
  /** libdeflate_alloc_compressor */
  readonly e: (level: number) => number;
  /** libdeflate_gzip_compress */
  readonly l: (compressor: number, input: number, length: number, output: number, capacity: number) => number;
  /** libdeflate_gzip_compress_bound */
  readonly m: (compressor: number, length: number) => number;
  /** malloc */
  readonly n: (size: number) => number;
}

/** The first bytes of a module in base64. */
const WASM_MAGIC = 'AGFzbQ';

// TypeScript knows WebAssembly only together with the whole browser.
declare const WebAssembly: {
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
};

/** The package has it as base64 in a script. */
export function readLibdeflate(): Uint8Array<ArrayBuffer> {
  const script = readFileSync(scriptFile(), 'latin1');
  const start = script.indexOf(WASM_MAGIC);
  return Buffer.from(script.slice(start, script.indexOf('"', start)), 'base64');
}

/** Beside the program, where the build puts it, or in the package. */
function scriptFile(): URL | string {
  const beside = new URL('./libdeflate.wasm.mjs', import.meta.url);
  if (existsSync(beside)) return beside;
  const main = createRequire(import.meta.url).resolve('libdeflate');
  return join(dirname(main), 'dist/libdeflate.wasm.mjs');
}

/** See BlockFormat. */
export function createGzip(module: WasmModule, capacity: number): CompressBlock {
  const PAGE = 65_536;
  const MAX_MEMORY = 256 * 1024 * 1024;
  const resize = (size: number): boolean => {
    const wanted = size >>> 0;
    if (wanted > MAX_MEMORY) return false;
    const { c: memory } = library;
    return memory.grow(Math.ceil((wanted - memory.buffer.byteLength) / PAGE)) >= 0;
  };
  const copy = (to: number, from: number, length: number): void =>
    void new Uint8Array(library.c.buffer).copyWithin(to, from, from + length);
  const imports = { a: resize, b: copy };
  const library = new WebAssembly.Instance(module, { a: imports }).exports as LibdeflateExports;
  library.d();
  const compressors = new Map<number, number>();
  const compressorOf = (level: number): number => {
    const found = compressors.get(level) ?? library.e(level);
    compressors.set(level, found);
    return found;
  };
  // Of any level: it depends on the size alone.
  const bound = library.m(0, capacity);
  const [inputAt, outputAt] = [library.n(capacity), library.n(bound)];
  return (input, level) => {
    const compressor = compressorOf(level);
    if (compressor === 0 || inputAt === 0 || outputAt === 0) throw new Error('no memory for the compressor');
    new Uint8Array(library.c.buffer).set(input, inputAt);
    const size = library.l(compressor, inputAt, input.length, outputAt, bound);
    if (size === 0) throw new Error('libdeflate found no room');
    return new Uint8Array(library.c.buffer.slice(outputAt, outputAt + size));
  };
}
