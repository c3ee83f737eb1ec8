/** The members of an archive or of a layout folder, as they come from outside. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { decompressAuto } from '../codec/compression.ts';
import { readTar } from '../codec/tar/tar.ts';
import { DecantError } from '../errors.ts';
import type { ArchiveMember } from '../oci/archive-files.ts';
import { ARCHIVE_LIMITS } from './archive-limits.ts';
import { readRegularFile } from './regular-file.ts';

/** @param name What the archive is called in errors. */
export async function* tarMembers(
  source: AsyncIterable<Uint8Array>,
  name = 'archive',
): AsyncGenerator<ArchiveMember> {
  for await (const { header, body } of readTar(decompressAuto(source, { ...ARCHIVE_LIMITS, name }), {
    name,
  })) {
    yield { path: header.path, type: header.type, linkname: header.linkname, content: body };
  }
}

/** Only what a layout consists of; nothing is followed out of the folder. */
export async function* folderMembers(folder: string): AsyncGenerator<ArchiveMember> {
  const blobs = 'blobs/sha256';
  const top = list(folder).filter((name) => name === 'oci-layout' || name === 'index.json');
  const paths = [...top, ...list(join(folder, blobs)).map((name) => `${blobs}/${name}`)];
  for (const path of paths) {
    yield { path, type: 'file', linkname: '', content: () => readRegularFile(join(folder, path)) };
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${folder}: is it an OCI image layout?`, {
      cause: error,
    });
  }
}

/** The same members, until the signal: INTERRUPTED from then on. */
export async function* interruptible(
  members: AsyncIterable<ArchiveMember>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ArchiveMember> {
  const stop = (): void => {
    if (signal?.aborted) throw new DecantError('INTERRUPTED', 'interrupted while loading images');
  };
  for await (const member of members) {
    stop();
    yield {
      ...member,
      content: async function* () {
        for await (const chunk of member.content()) {
          stop();
          yield chunk;
        }
      },
    };
  }
}
