/**
 * Where blobs can be had that the store does not hold (yet): `origins/<first 2 hex digits>/<62 more>`, one small file
 * for each. They are written when an image is taken in without its layers, and go with the last image that needs them.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { canonicalJson, parseObject } from '../oci/json.ts';
import { decodeDescriptor } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import { DecantError } from '../errors.ts';
import { makeFolder, readIfPresent, removeFile, storeError, writeFileAtomic } from './files.ts';
import type { StoreLayout } from './layout.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface Origin {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Of a layer or of a manifest: registries keep them apart. */
  readonly mediaType: string;
  /** Repositories that have had it, the latest first: `docker.io/library/debian`. */
  readonly repositories: readonly string[];
}

export interface Origins {
  readonly get: (digest: string) => Origin | undefined;
  /** Adds a repository to what is known of a blob. */
  readonly add: (blob: Omit<Origin, 'repositories'>, repository: string) => Promise<void>;
  /** Removes the records of all blobs but these. */
  readonly keep: (digests: ReadonlySet<string>) => void;
}

const MAX_RECORD_BYTES = 64 * 1024;
const MAX_REPOSITORIES = 8;

export function originsOf(layout: StoreLayout, tmp: TemporaryFolders): Origins {
  const folder = layout.path('origins');
  const pathOf = (digest: string): string => {
    const hex = digestHex(digest);
    return `${folder}/${hex.slice(0, 2)}/${hex.slice(2)}`;
  };
  const get = (digest: string): Origin | undefined => {
    const bytes = readIfPresent(pathOf(digest));
    return bytes && decode(bytes, digest);
  };
  return {
    get,
    add: async ({ digest, size, mediaType }, repository) => {
      layout.ensure();
      const known = get(digest)?.repositories ?? [];
      if (known[0] === repository) return;
      const others = known.filter((other) => other !== repository);
      const repositories = [repository, ...others].slice(0, MAX_REPOSITORIES);
      const path = pathOf(digest);
      try {
        makeFolder(dirname(path), 0o700);
      } catch (error) {
        throw storeError(error, path);
      }
      // Of a blob that is here, where else it is saves a transfer at most: that is not worth waiting for the disk.
      const durable = !existsSync(layout.path('blobs', 'sha256', digestHex(digest)));
      const record = canonicalJson({ digest, size, mediaType, repositories });
      writeFileAtomic(path, record, await tmp.path(), { durable });
    },
    keep: (digests) => {
      for (const shard of list(folder)) {
        for (const name of list(`${folder}/${shard}`)) {
          if (!digests.has(`sha256:${shard}${name}`)) removeFile(`${folder}/${shard}/${name}`);
        }
      }
    },
  };
}

/** What does not read is not known. */
function decode(bytes: Uint8Array, digest: string): Origin | undefined {
  try {
    const fields = parseObject(bytes, 'origin', MAX_RECORD_BYTES);
    const { size, mediaType, digest: own } = decodeDescriptor(fields);
    const repositories = fields.strings('repositories') ?? [];
    return own === digest ? { digest, size, mediaType, repositories } : undefined;
  } catch (error) {
    if (error instanceof DecantError) return undefined;
    throw error;
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
