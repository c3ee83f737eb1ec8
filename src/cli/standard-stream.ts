/**
 * Standard output or error. Text goes straight to the descriptor: Node's streams, and the sockets that they are made of, take
 * longer to load than a short command has to say. A terminal has its stream, which knows its size; so has a pipe that is full,
 * and whatever else asks for it.
 */
import { fstatSync, writeSync } from 'node:fs';
import { systemCode } from '../errors.ts';

export interface StandardStream {
  readonly write: (text: string) => void;
  readonly isTerminal: () => boolean;
  /** Node's. */
  readonly stream: () => NodeJS.WriteStream;
}

export interface StandardStreamSource {
  readonly descriptor: number;
  readonly open: () => NodeJS.WriteStream;
  /** What becomes of writing that fails, at once or later. */
  readonly onError: (error: unknown) => void;
}

export function standardStream({ descriptor, open, onError }: StandardStreamSource): StandardStream {
  let opened: NodeJS.WriteStream | undefined;
  const stream = (): NodeJS.WriteStream => {
    opened ??= open().on('error', onError);
    return opened;
  };
  let terminal: boolean | undefined;
  const isTerminal = (): boolean => (terminal ??= mayBeTerminal(descriptor) && stream().isTTY);
  return {
    isTerminal,
    stream,
    write(text) {
      // What has a stream may have something waiting in it, which comes first.
      if (opened || isTerminal()) return void stream().write(text);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length;) {
        try {
          at += writeSync(descriptor, bytes, at);
        } catch (error) {
          if (systemCode(error) !== 'EAGAIN') return onError(error);
          return void stream().write(bytes.subarray(at));
        }
      }
    },
  };
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}
