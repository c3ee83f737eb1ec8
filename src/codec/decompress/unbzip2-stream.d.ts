/** The parts of unbzip2-stream 1.4 that bzip2.ts uses; the package has no types. Everything happens synchronously. */
declare module 'unbzip2-stream' {
  interface Decoder {
    on(event: 'data', listener: (chunk: Uint8Array) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
    write(chunk: Uint8Array): boolean;
    end(): void;
  }
  export default function createDecoder(): Decoder;
}
