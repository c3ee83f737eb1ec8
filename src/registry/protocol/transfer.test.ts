/** Blobs both ways: what a registry is asked, and what comes of answers that are not as they should be. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../codec/digest.ts';
import { collect, streamOf } from '../../codec/stream.ts';
import { placeAt } from '../config/registries.ts';
import { registriesOf } from '../config/rules.ts';
import { serveFaults } from '../testing/faults.ts';
import { serveRegistry } from '../testing/serve.ts';
import { testSession } from '../testing/session.ts';
import { readBlob } from './blobs.ts';
import { getManifest, headManifest } from './manifests.ts';
import { listTags } from './tags.ts';
import { mountBlob, pushBlob } from './upload.ts';

const BYTES = randomBytes(3_000_000);
const DIGEST = sha256(BYTES);
const SOURCE = {
  digest: DIGEST,
  size: BYTES.length,
  open: (offset: number) => streamOf(BYTES.subarray(offset)),
};
const PASSWORD = {
  find: () => Promise.resolve({ type: 'password', username: 'me', password: 'secret' } as const),
};

async function withBlob(before?: (request: IncomingMessage, response: ServerResponse) => boolean) {
  const registry = await serveRegistry({ before });
  registry.memory.repository('app').blobs.set(DIGEST, BYTES);
  return registry;
}

const read = async (host: string, session: ReturnType<typeof testSession>): Promise<Buffer> =>
  collect(readBlob(session, placeAt(host, 'app'), { digest: DIGEST, size: BYTES.length }));

describe('a blob from a registry', () => {
  test('goes on where it broke off', async () => {
    let broken = 0;
    await using registry = await withBlob((request, response) => {
      if (request.method !== 'GET' || !request.url?.includes('/blobs/') || (broken += 1) > 2) return false;
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': BYTES.length - start,
        ...(start > 0 ? { 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` } : {}),
      });
      response.write(BYTES.subarray(start, start + 1_000_000), () =>
        setTimeout(() => response.destroy(), 10),
      );
      return true;
    });
    await using session = testSession();
    expect((await read(registry.host, session)).equals(BYTES)).toBe(true);
    expect(broken).toBe(3);
  });

  test('is followed to another host without credentials', async () => {
    await using registry = await withBlob((request, response) => {
      if (request.headers.authorization !== undefined) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"', 'content-length': 0 }).end();
      return true;
    });
    await using proxy = await serveFaults(registry.host, ({ headers, url }) =>
      headers.authorization !== undefined && url?.includes('/blobs/') ? 'redirect' : undefined,
    );
    await using session = testSession({ credentials: PASSWORD });
    // What is behind the redirect asks for credentials again, and gets none: so the answer is a refusal.
    await expect(read(proxy.host, session)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(proxy.happened).toHaveLength(1);
    expect(proxy.leaked).toEqual([]);
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    [
      'has other bytes',
      (response) => response.writeHead(200).end(Buffer.alloc(BYTES.length)),
      'DIGEST_MISMATCH',
    ],
    [
      'is announced with another size',
      (response) => response.writeHead(200, { 'content-length': 5 }).end('12345'),
      'DIGEST_MISMATCH',
    ],
    [
      'is longer than it should be',
      (response) => response.writeHead(200).end(Buffer.concat([BYTES, BYTES])),
      'DIGEST_MISMATCH',
    ],
    ['is not there', (response) => response.writeHead(404).end(), 'IMAGE_UNKNOWN'],
    ['is not for us', (response) => response.writeHead(403).end(), 'REGISTRY_DENIED'],
    [
      'leads round in a circle',
      (response) => response.writeHead(307, { location: '?again' }).end(),
      'NETWORK',
    ],
    [
      'leads out of HTTP',
      (response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
      'NETWORK',
    ],
    ['is never given', (response) => response.writeHead(503, { 'retry-after': '0' }).end(), 'NETWORK'],
    [
      'takes more patience than there is',
      (response) => response.writeHead(429, { 'retry-after': '86400' }).end(),
      'NETWORK',
    ],
  ])('that %s is an error', async (_, answer, code) => {
    await using registry = await withBlob((request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      answer(response);
      return true;
    });
    await using session = testSession();
    await expect(read(registry.host, session)).rejects.toMatchObject({ code });
  });
});

describe('a blob to a registry', () => {
  const push = async (
    before: (request: IncomingMessage, response: ServerResponse) => boolean,
  ): Promise<{ readonly arrived: boolean; readonly patches: number }> => {
    await using registry = await serveRegistry({ before });
    await using session = testSession();
    await pushBlob(session, { domain: registry.host, path: 'app' }, SOURCE);
    return {
      arrived: registry.memory.repositories.get('app')?.blobs.get(DIGEST)?.equals(BYTES) ?? false,
      patches: registry.requests.filter((request) => request.startsWith('PATCH')).length,
    };
  };

  test('goes in one piece', async () => {
    expect(await push(() => false)).toEqual({ arrived: true, patches: 1 });
  });

  test('goes in pieces where one is too large', async () => {
    const limit = (request: IncomingMessage, response: ServerResponse): boolean => {
      if (Number(request.headers['content-length'] ?? 0) <= 1_048_576) return false;
      response.writeHead(413, { connection: 'close' }).end();
      request.resume();
      return true;
    };
    const { arrived, patches } = await push(limit);
    expect(arrived).toBe(true);
    expect(patches).toBeGreaterThan(3);
  });

  test('goes on where it broke off, by what the registry has', async () => {
    const offsets: string[] = [];
    let broken = 0;
    const { arrived } = await push((request) => {
      if (request.method !== 'PATCH') return false;
      offsets.push(request.headers['content-range'] ?? 'all');
      if ((broken += 1) > 1) return false;
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > 1_000_000) request.socket.destroy();
      });
      return false;
    });
    expect(arrived).toBe(true);
    expect(offsets[0]).toBe('all');
    expect(offsets.length).toBeGreaterThan(1);
  });

  test.each([
    ['has lost it', 'PUT', 404],
    ['wants another part than comes', 'PATCH', 416],
  ])('begins anew where the registry %s', async (_what, method, status) => {
    let refused = 0;
    const { arrived } = await push((request, response) => {
      if (request.method !== method || (refused += 1) > 1) return false;
      request.resume();
      response.writeHead(status, { 'content-length': 0 }).end();
      return true;
    });
    expect(arrived).toBe(true);
    expect(refused).toBeGreaterThan(1);
  });

  test('is refused in the registry’s own words', async () => {
    const refusing = push((request, response) => {
      if (request.method !== 'POST') return false;
      const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'quota is used up' }] });
      response.writeHead(403).end(body);
      return true;
    });
    await expect(refusing).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: /DENIED: quota is used up/,
    });
  });

  test('that cannot be read here is not tried again', async () => {
    await using registry = await serveRegistry();
    await using session = testSession();
    let opened = 0;
    const open = async function* (): AsyncGenerator<Uint8Array> {
      opened += 1;
      yield BYTES.subarray(0, 10);
      throw new Error('the disk is gone');
    };
    const pushing = pushBlob(session, { domain: registry.host, path: 'app' }, { ...SOURCE, open });
    await expect(pushing).rejects.toThrow('the disk is gone');
    expect(opened).toBe(1);
  });

  test.each([true, false])(
    'is taken over from another repository, where the registry can (%s)',
    async (mounts) => {
      await using registry = await serveRegistry({ mounts });
      registry.memory.repository('base').blobs.set(DIGEST, BYTES);
      await using session = testSession();
      const [to, from] = ['app', 'base'].map((path) => ({ domain: registry.host, path }));
      expect(await mountBlob(session, to as never, DIGEST, from as never)).toBe(mounts);
      expect(registry.memory.repository('app').blobs.has(DIGEST)).toBe(mounts);
      // An upload that it began instead is not left behind.
      expect(registry.memory.repository('app').uploads.size).toBe(0);
    },
  );
});

describe('tags', () => {
  test('come page after page', async () => {
    await using registry = await serveRegistry({ pageSize: 3 });
    const tags = Array.from({ length: 10 }, (_, index) => `v${index}`);
    for (const tag of tags) registry.memory.repository('app').tags.set(tag, DIGEST);
    await using session = testSession();
    const found: string[] = [];
    for await (const tag of listTags(session, { domain: registry.host, path: 'app' })) found.push(tag);
    expect(found).toEqual(tags);
    await expect(listTags(session, { domain: registry.host, path: 'none' }).next()).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
    });
  });
});

describe('a manifest', () => {
  const MANIFEST = Buffer.from('{"schemaVersion":2,"manifests":[]}');
  const mediaType = 'application/vnd.oci.image.index.v1+json';

  test('comes from a mirror, and from the registry itself where mirrors fail', async () => {
    await using registry = await serveRegistry();
    await using mirror = await serveRegistry();
    registry.memory.putManifest('app', '1', { bytes: MANIFEST, mediaType });
    mirror.memory.putManifest('hub/app', '1', { bytes: MANIFEST, mediaType });
    const rule = {
      prefix: registry.host,
      mirrors: [{ location: '127.0.0.1:1' }, { location: `${mirror.host}/hub` }],
    };
    await using session = testSession({ registries: registriesOf([rule]) });
    const repository = { domain: registry.host, path: 'app' };
    expect((await getManifest(session, repository, '1'))?.descriptor.digest).toBe(sha256(MANIFEST));
    expect(registry.requests.filter((line) => line.includes('manifests'))).toEqual([]);
    registry.memory.putManifest('app', '2', { bytes: MANIFEST, mediaType });
    expect((await headManifest(session, repository, '2'))?.size).toBe(MANIFEST.length);
    expect(await getManifest(session, repository, '3')).toBeUndefined();
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    [
      'with another digest',
      (response) => response.writeHead(200, { 'docker-content-digest': DIGEST }).end(MANIFEST),
      'DIGEST_MISMATCH',
    ],
    [
      'that does not end',
      (response) => response.writeHead(200).end(Buffer.alloc(5_000_000)),
      'IMAGE_DAMAGED',
    ],
    [
      'of a type of old',
      (response) =>
        response
          .writeHead(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+json' })
          .end('{}'),
      'IMAGE_DAMAGED',
    ],
    [
      'that is a page for people',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'IMAGE_DAMAGED',
    ],
  ])('%s is an error', async (_, answer, code) => {
    await using registry = await serveRegistry({
      before: (request, response) => {
        if (!request.url?.includes('/manifests/')) return false;
        answer(response);
        return true;
      },
    });
    await using session = testSession();
    await expect(getManifest(session, { domain: registry.host, path: 'app' }, '1')).rejects.toMatchObject({
      code,
    });
  });
});
