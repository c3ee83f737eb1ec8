/** The constants of a program, as they lie in its memory. */
import { encodePath } from '../codec/path.ts';

/** A number, the address of bytes, or the address of a null-terminated list of addresses of byte strings. */
export type Argument = number | Uint8Array | readonly Uint8Array[];

/** Constants, each at an address that is a multiple of 8; equal strings of one step are not worth sharing. */
export class DataSection {
  readonly #base: number;
  readonly #parts: Buffer[] = [];
  readonly #known = new Map<object, number>();
  #size = 0;

  constructor(base: number) {
    this.#base = base + ((8 - (base % 8)) % 8);
    if (this.#base !== base) this.#parts.push(Buffer.alloc(this.#base - base));
  }

  address(value: Argument): number {
    if (typeof value === 'number') return value;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const address = value instanceof Uint8Array ? this.#append(value) : this.#appendList(value);
    this.#known.set(value, address);
    return address;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #appendList(list: readonly Uint8Array[]): number {
    const pointers = Buffer.alloc(8 * (list.length + 1));
    list.forEach((text, index) =>
      pointers.writeBigUInt64LE(BigInt(this.#append(terminated(text))), index * 8),
    );
    return this.#append(pointers);
  }

  #append(bytes: Uint8Array): number {
    const address = this.#base + this.#size;
    const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    this.#parts.push(padded);
    this.#size += padded.length;
    return address;
  }
}

export function terminated(text: Uint8Array): Uint8Array {
  return Buffer.concat([text, Buffer.alloc(1)]);
}

/** A path as system calls take it. */
export function pathText(path: string): Uint8Array {
  return terminated(encodePath(path));
}
