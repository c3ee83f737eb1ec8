/**
 * One pass over a stream of bytes: words found and checked against a pattern, and parts of the stream kept.
 *
 * This function is handed to threads as text (thread.ts), so it uses nothing of this module but its parameters.
 */

/** A compiled module; it may be sent to threads. */
export type WasmModule = object;

// TypeScript knows WebAssembly only together with the whole browser.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule) => { readonly exports: unknown };
};

export function compileModule(bytes: Uint8Array<ArrayBuffer>): WasmModule {
  return new WebAssembly.Module(bytes);
}

/** What is looked for. */
export interface ScanWord {
  readonly word: string;
  /** Sticky; matched where the word begins, in Latin-1 text that has `before` characters in front of it. */
  readonly pattern: RegExp;
  readonly before: number;
  /** Bytes from the word's beginning that the pattern may need. */
  readonly after: number;
}

export interface ScanSetup {
  readonly module: WasmModule;
  /** See words.ts. */
  readonly memory: Uint8Array;
  readonly byStart: ReadonlyMap<number, readonly { readonly word: number; readonly at: number }[]>;
  readonly words: readonly ScanWord[];
  readonly input: number;
  readonly stopped: number;
  readonly pages: number;
}

export interface WordHit {
  readonly word: number;
  /** Of the match, in the stream. */
  readonly offset: number;
  /** The match, Latin-1. */
  readonly text: string;
}

export interface ScanResult {
  readonly hits: readonly WordHit[];
  /** More was found than is kept. */
  readonly truncated: boolean;
  /** The parts that were asked for; shorter where the stream ended in them. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of the stream. */
  readonly size: number;
}

export interface Scanner {
  /** Memory to write the next bytes to, never empty. */
  readonly room: () => Uint8Array;
  /** So many bytes were written there. */
  readonly filled: (count: number) => void;
  /** The next bytes, from where they are; they are copied. */
  readonly add: (chunk: Uint8Array) => void;
  readonly end: () => ScanResult;
}

/** @param parts Offsets and lengths, sorted, none overlapping: `[offset, length, offset, length, …]`. */
export function createScanner(setup: ScanSetup, parts: readonly number[]): Scanner {
  const BEFORE = 256;
  const AHEAD = 8192;
  const OUT_BYTES = 65_536;
  const MAX_HITS = 1000;
  const { byStart, words, input } = setup;
  const instance = new WebAssembly.Instance(setup.module);
  const { memory, scan } = instance.exports as {
    memory: { buffer: ArrayBuffer };
    scan: (from: number, to: number, out: number, outEnd: number) => number;
  };
  const bytes = Buffer.from(memory.buffer);
  bytes.set(setup.memory);
  const out = bytes.length - OUT_BYTES - 128;
  const outEnd = out + OUT_BYTES;
  /** Sixteen bytes and three more are read from any place; what stands there must be nothing. */
  const limit = out - 64;
  const numbers = new DataView(memory.buffer);
  const hits: WordHit[] = [];
  let truncated = false;
  /** What is in memory: [input, end); searched up to `done`. `base` is the offset in the stream of `input`. */
  let end = input;
  let done = input;
  let base = 0;

  const kept: Uint8Array[] = [];
  let part = 0;
  let filledPart = 0;

  const keep = (from: number, to: number, start: number): void => {
    while (part < parts.length) {
      const offset = parts[part] as number;
      const length = parts[part + 1] as number;
      if (offset >= to) return;
      const target = (kept[part / 2] ??= new Uint8Array(length));
      const first = offset + filledPart;
      const last = Math.min(offset + length, to);
      target.set(bytes.subarray(start + first - from, start + last - from), filledPart);
      filledPart = last - offset;
      if (filledPart < length) return;
      part += 2;
      filledPart = 0;
    }
  };

  const check = (place: number): void => {
    for (const { word, at } of byStart.get(numbers.getUint32(place, true)) ?? []) {
      const start = place - at;
      const { before, after, pattern } = words[word] as ScanWord;
      if (start < input) continue;
      const from = Math.max(input, start - before);
      const text = bytes.toString('latin1', from, Math.min(end, start + after));
      pattern.lastIndex = start - from;
      const match = pattern.exec(text);
      if (!match) continue;
      if (hits.length >= MAX_HITS) truncated = true;
      else hits.push({ word, offset: base + start - input, text: match[0] });
    }
  };

  const search = (to: number): void => {
    while (done < to) {
      const last = scan(done, to, out, outEnd - 64);
      for (let at = out; at < last; at += 4) {
        const place = numbers.getUint32(at, true);
        if (place < to) check(place);
      }
      done = Math.min(to, numbers.getUint32(setup.stopped, true));
    }
  };

  const room = (): Uint8Array => bytes.subarray(end, limit);

  const filled = (count: number): void => {
    keep(base + end - input, base + end - input + count, end);
    end += count;
    if (end < limit) return;
    search(end - AHEAD);
    const from = Math.max(input, done - BEFORE);
    bytes.copyWithin(input, from, end);
    base += from - input;
    end -= from - input;
    done -= from - input;
  };

  return {
    room,
    filled,
    add(chunk) {
      for (let at = 0; at < chunk.length;) {
        const count = Math.min(limit - end, chunk.length - at);
        room().set(chunk.subarray(at, at + count));
        filled(count);
        at += count;
      }
    },
    end() {
      bytes.fill(0, end, end + 64);
      search(end);
      for (let index = part / 2; index < parts.length / 2; index += 1)
        kept[index] = (kept[index] ?? new Uint8Array(0)).slice(0, index === part / 2 ? filledPart : 0);
      return { hits, truncated, parts: kept, size: base + end - input };
    },
  };
}
