/** Where blobs of an archive wait until all of it is checked: in a folder beside those of the store. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { sha256, verified } from '../codec/digest.ts';
import type { BlobStage } from '../oci/archive-files.ts';
import { digestHex } from '../oci/digest.ts';
import { damaged } from '../oci/json.ts';
import { writeHashed } from './blobs.ts';
import { readRegularFile } from './regular-file.ts';

/** Files in a folder of its own, named by their digests. */
export function stageIn(folder: string): BlobStage {
  const sizes = new Map<string, number>();
  let count = 0;
  const put: BlobStage['put'] = async (source, expected) => {
    count += 1;
    const file = join(folder, `incoming-${count}`);
    const blob = await writeHashed(source, file, expected);
    renameSync(file, join(folder, digestHex(blob.digest)));
    sizes.set(blob.digest, blob.size);
    return blob;
  };
  const read = (digest: string): AsyncIterable<Uint8Array> =>
    verified(readRegularFile(join(folder, digestHex(digest))), { digest }, `blob ${digest}`);
  return {
    put,
    putBytes: (bytes) => put(chunk(bytes), { digest: sha256(bytes) }),
    size: (digest) => sizes.get(digest),
    read,
    readBytes: async (digest, maxBytes) => {
      const size = sizes.get(digest) ?? 0;
      if (size > maxBytes)
        throw damaged(`blob ${digest} is too large: ${size} bytes, at most ${maxBytes} are read`);
      const parts: Uint8Array[] = [];
      for await (const part of read(digest)) parts.push(part);
      return Buffer.concat(parts);
    },
  };
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
