/**
 * How long an image takes to get here, really: its layers are served by a registry on loopback, pulled into an empty store as
 * every pull is (verified, written to disk), then decompressed and listed as a runtime does before it unpacks them.
 */
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { monotonic } from '../events.ts';
import { DecantError } from '../errors.ts';
import type { ImageView } from '../inspect/image/image-view.ts';
import { documentsFor, type ImageDocuments } from '../oci/image.ts';
import { ANONYMOUS } from '../registry/auth/credential.ts';
import { PLAIN_REGISTRIES } from '../registry/config/registries.ts';
import { createSession } from '../registry/protocol/session.ts';
import { pullImage } from '../registry/pull.ts';
import { blobEntries } from '../store/layer-entries.ts';
import { openStore } from '../store/store.ts';
import type { ReadMeans } from './image.ts';

export interface Measured {
  readonly pullSeconds: number;
  readonly unpackSeconds: number;
}

/** Needs as much space in the store's folder as the packed image has. Throws what pulling throws. */
export async function measurePull(image: ImageView, { store, signal }: ReadMeans): Promise<Measured> {
  const files = new Map<string, string>();
  for (const { descriptor, file } of image.layers) {
    const path = await file();
    if (path === undefined)
      throw new DecantError(
        'MACHINE_UNSUPPORTED',
        `the layers of ${image.name} are in no files of their own`,
        {
          hint: 'copy the image into the store first: decant copy',
        },
      );
    files.set(descriptor.digest, path);
  }
  const documents = documentsFor(image.configBytes, {
    config: image.config,
    layers: image.layers.map(({ descriptor, diffId }) => ({ descriptor, diffId })),
  });
  const server = await serve(documents, files);
  const folder = await store.tmp.create();
  const session = createSession({
    registries: PLAIN_REGISTRIES,
    credentials: ANONYMOUS,
    environment: {},
    signal,
  });
  try {
    const empty = await openStore(join(folder.path, 'store'));
    const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const reference = { domain, path: 'image', digest: documents.manifestDescriptor.digest };
    const started = monotonic();
    await pullImage({
      store: empty,
      session,
      reference,
      platform: 'all',
      layers: true,
      emit: () => {},
      signal,
    });
    const pulled = monotonic();
    for (const { descriptor, diffId } of image.layers) await blobEntries(empty, { descriptor, diffId });
    const done = monotonic();
    await empty.close();
    return { pullSeconds: (pulled - started) / 1000, unpackSeconds: (done - pulled) / 1000 };
  } finally {
    await session.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await folder.remove();
  }
}

/** As much of the distribution protocol as pulling one image takes (OCI distribution-spec, "Pull"). */
async function serve(documents: ImageDocuments, files: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    answer(documents, files, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(
  documents: ImageDocuments,
  files: ReadonlyMap<string, string>,
  { url = '', method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { manifest, manifestDescriptor, config, configDescriptor } = documents;
  const [, kind, digest = ''] = /^\/v2\/image\/(manifests|blobs)\/([^/?]+)$/.exec(url) ?? [];
  const send = (type: string, bytes: Uint8Array): void => {
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      'docker-content-digest': digest,
    });
    response.end(method === 'HEAD' ? undefined : bytes);
  };
  if (url === '/v2/') return send('application/json', Buffer.from('{}'));
  if (kind === 'manifests' && digest === manifestDescriptor.digest)
    return send(manifestDescriptor.mediaType, manifest);
  if (kind === 'blobs' && digest === configDescriptor.digest) return send(configDescriptor.mediaType, config);
  const file = kind === 'blobs' ? files.get(digest) : undefined;
  if (file === undefined) return void response.writeHead(404, { 'content-length': 0 }).end();
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'docker-content-digest': digest });
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), response);
}
