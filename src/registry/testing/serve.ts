/**
 * A registry in memory, on loopback: the distribution protocol as far as clients use it (OCI distribution-spec v1.1), for
 * tests of everything that speaks to one. It checks what it is given as strictly as the real ones do.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sha256 } from '../../codec/digest.ts';
import { collect } from '../../codec/stream.ts';
import { MEDIA_TYPE } from '../../oci/media-types.ts';
import { createMemory, type Memory } from './memory.ts';

export interface RegistryOptions {
  /** Answers a request before the registry does; true when it has. */
  readonly before?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Whether it lists referrers; registries before v1.1 do not. */
  readonly referrers?: boolean | undefined;
  /** Whether blobs are taken over from other repositories. */
  readonly mounts?: boolean | undefined;
  /** Tags on a page. */
  readonly pageSize?: number | undefined;
}

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly host: string;
  readonly memory: Memory;
  /** `GET /v2/app/manifests/1`, in the order in which they came. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

export async function serveRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const memory = createMemory();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    // Whoever goes away in the middle is not this server's failure.
    request.on('error', () => undefined);
    if (options.before?.(request, response)) return;
    answer(memory, options, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    memory,
    requests,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Call {
  readonly memory: Memory;
  readonly options: RegistryOptions;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly rest: string;
}

const ROUTE = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.+)$/;

async function answer(
  memory: Memory,
  options: RegistryOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://registry');
  const method = request.method ?? 'GET';
  if (url.pathname === '/v2/') return send(response, 200, {}, '{}');
  const [, path = '', kind, rest = ''] =
    /^\/v2\/(.+)\/(blobs)\/(uploads\/.*)$/.exec(url.pathname) ?? ROUTE.exec(url.pathname) ?? [];
  const call: Call = { memory, options, request, response, method, query: url.searchParams, path, rest };
  if (kind === 'manifests') return manifests(call);
  if (kind === 'blobs' && rest.startsWith('uploads/')) return uploads(call);
  if (kind === 'blobs') return blobs(call);
  if (kind === 'tags') return tags(call);
  if (kind === 'referrers' && options.referrers) return referrers(call);
  refuse(response, 404, 'UNSUPPORTED');
}

async function manifests({ memory, options, request, response, method, path, rest }: Call): Promise<void> {
  if (method === 'PUT') {
    const bytes = await collect(request);
    const mediaType = request.headers['content-type'] ?? '';
    const code = memory.putManifest(path, rest, { bytes, mediaType });
    if (code !== undefined) return refuse(response, 400, code);
    const { subject } = JSON.parse(bytes.toString()) as { readonly subject?: { readonly digest: string } };
    return send(response, 201, {
      'docker-content-digest': sha256(bytes),
      ...(options.referrers && subject ? { 'oci-subject': subject.digest } : {}),
    });
  }
  const found = memory.manifest(path, rest);
  if (!found) return refuse(response, 404, 'MANIFEST_UNKNOWN');
  const headers = { 'content-type': found.mediaType, 'docker-content-digest': found.digest };
  send(response, 200, headers, found.bytes, method === 'HEAD');
}

function blobs({ memory, request, response, method, path, rest }: Call): void {
  const blob = memory.repositories.get(path)?.blobs.get(rest);
  if (!blob) return refuse(response, 404, 'BLOB_UNKNOWN');
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'docker-content-digest': rest, 'content-type': 'application/octet-stream' };
  if (start === 0) return send(response, 200, headers, blob, method === 'HEAD');
  const range = `bytes ${start}-${blob.length - 1}/${blob.length}`;
  send(response, 206, { ...headers, 'content-range': range }, blob.subarray(start));
}

async function uploads({
  memory,
  options,
  request,
  response,
  method,
  query,
  path,
  rest,
}: Call): Promise<void> {
  const { blobs, uploads } = memory.repository(path);
  if (method === 'POST') {
    const [mount, from] = [query.get('mount') ?? '', query.get('from') ?? ''];
    const shared = options.mounts === false ? undefined : memory.repositories.get(from)?.blobs.get(mount);
    await collect(request);
    if (shared) {
      blobs.set(mount, shared);
      return send(response, 201, { location: `/v2/${path}/blobs/${mount}` });
    }
    const id = randomUUID();
    uploads.set(id, Buffer.alloc(0));
    return send(response, 202, { location: `/v2/${path}/blobs/uploads/${id}?state=0`, range: '0-0' });
  }
  const id = rest.slice('uploads/'.length);
  const had = uploads.get(id);
  if (!had) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  const location = (size: number): Record<string, string> => ({
    location: `/v2/${path}/blobs/uploads/${id}?state=${size}`,
    range: `0-${Math.max(0, size - 1)}`,
  });
  if (method === 'GET') return send(response, 204, location(had.length));
  if (method === 'DELETE') {
    uploads.delete(id);
    return send(response, 204, {});
  }
  const start = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
  if (start !== undefined && Number(start) !== had.length) return refuse(response, 416, 'RANGE_INVALID');
  // What came before the connection broke is kept, as the real ones do.
  for await (const chunk of request as AsyncIterable<Buffer>)
    uploads.set(id, Buffer.concat([uploads.get(id) ?? had, chunk]));
  const bytes = uploads.get(id) ?? had;
  if (method === 'PATCH') return send(response, 202, location(bytes.length));
  const digest = query.get('digest') ?? '';
  uploads.delete(id);
  if (sha256(bytes) !== digest) return refuse(response, 400, 'DIGEST_INVALID');
  blobs.set(digest, bytes);
  send(response, 201, { location: `/v2/${path}/blobs/${digest}`, 'docker-content-digest': digest });
}

function tags({ memory, options, response, query, path }: Call): void {
  const found = memory.repositories.get(path);
  if (!found) return refuse(response, 404, 'NAME_UNKNOWN');
  const last = query.get('last') ?? '';
  const size = Math.min(Number(query.get('n') ?? 1000), options.pageSize ?? 1000);
  const rest = [...found.tags.keys()].toSorted().filter((tag) => tag > last);
  const page = rest.slice(0, size);
  const link =
    rest.length > size ? { link: `</v2/${path}/tags/list?n=${size}&last=${page.at(-1)}>; rel="next"` } : {};
  send(response, 200, link, JSON.stringify({ name: path, tags: page }));
}

function referrers({ memory, response, path, rest }: Call): void {
  const list = [...(memory.repositories.get(path)?.manifests ?? [])].flatMap(
    ([digest, { bytes, mediaType }]) => {
      const { subject, artifactType } = JSON.parse(bytes.toString()) as {
        readonly subject?: { readonly digest: string };
        readonly artifactType?: string;
      };
      return subject?.digest === rest ? [{ mediaType, digest, size: bytes.length, artifactType }] : [];
    },
  );
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests: list };
  send(response, 200, { 'content-type': MEDIA_TYPE.index }, JSON.stringify(index));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(
    response,
    status,
    {},
    JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }),
  );
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string = '',
  isHead = false,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}
