/**
 * xz (The .xz File Format 1.2) through xz-decompress: LZMA2 with CRC checks, which is what Debian packages and xz's
 * own defaults use. The library decodes one stream at a time in a process: a second one waits for the first to end.
 */
import { ReadableStream } from 'node:stream/web';

import type { ByteStream } from '../stream.ts';

/** xz-embedded's results. */
const MEANING: Readonly<Record<string, string>> = {
  4: 'it needs too much memory',
  5: 'it is not in xz format',
  6: 'it uses a filter or a check that is not supported',
  7: 'its data is corrupt',
  8: 'unexpected end',
};

export async function* decodeXz(source: ByteStream): AsyncGenerator<Uint8Array> {
  const { XzReadableStream } = (await import('xz-decompress')).default;
  const reader = new XzReadableStream(webStream(source)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw explained(error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Node's own conversion wants Node streams; this one keeps the chunks and the source's errors as they are. */
function webStream(source: ByteStream): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function explained(error: unknown): unknown {
  const code = error instanceof Error ? /error code (\d+)$/.exec(error.message)?.[1] : undefined;
  const meaning = code === undefined ? undefined : MEANING[code];
  return meaning === undefined ? error : new Error(meaning, { cause: error });
}
