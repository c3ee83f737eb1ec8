import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { collect } from '../../codec/stream.ts';
import { serveRegistry } from '../testing/serve.ts';
import { testSession } from '../testing/session.ts';
import { getManifest } from '../protocol/manifests.ts';
import { listTags } from '../protocol/tags.ts';
import type { Credential } from './credential.ts';

interface Asked {
  readonly method: string | undefined;
  readonly scopes: readonly string[];
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

/** A token service that gives `token-1`, `token-2`, …, and a registry that takes the latest one. */
async function guarded(
  answer: (count: number) => object,
  takes = (token: string) => token.startsWith('token-'),
) {
  const asked: Asked[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await collect(request)).toString();
    const url = new URL(request.url ?? '', 'http://service');
    asked.push({
      method: request.method,
      scopes: url.searchParams.getAll('scope'),
      authorization: request.headers.authorization,
      form: new URLSearchParams(body),
    });
    response.end(JSON.stringify(answer(asked.length)));
  };
  const service = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const realm = `http://127.0.0.1:${(service.address() as AddressInfo).port}/token`;
  const registry = await serveRegistry({
    before: (request, response) => {
      if (takes((request.headers.authorization ?? '').replace('Bearer ', ''))) return false;
      const challenge = `Bearer realm="${realm}",service="tests"`;
      response.writeHead(401, { 'www-authenticate': challenge, 'content-length': 0 }).end();
      return true;
    },
  });
  registry.memory.putManifest('team/app', '1', {
    bytes: Buffer.from('{"schemaVersion":2}'),
    mediaType: 'application/vnd.oci.image.index.v1+json',
  });
  return {
    asked,
    registry,
    [Symbol.asyncDispose]: async () => {
      service.closeAllConnections();
      service.close();
      await registry.close();
    },
  };
}

const as = (credential: Credential | undefined) => ({
  credentials: { find: () => Promise.resolve(credential) },
});

describe('tokens', () => {
  test('are asked for once for a scope, however many need one, and without credentials as anybody', async () => {
    await using place = await guarded((count) => ({ token: `token-${count}` }));
    await using session = testSession();
    const repository = { domain: place.registry.host, path: 'team/app' };
    const get = () => getManifest(session, repository, '1');
    await Promise.all([get(), get(), get()]);
    await get();
    expect(place.asked).toMatchObject([
      { method: 'GET', scopes: ['repository:team/app:pull'], authorization: undefined },
    ]);
  });

  test('are asked for with a name and a password, or with an identity token', async () => {
    await using place = await guarded((count) => ({ access_token: `token-${count}`, expires_in: 300 }));
    const repository = { domain: place.registry.host, path: 'team/app' };
    await using first = testSession(as({ type: 'password', username: 'me', password: 'a:b' }));
    await getManifest(first, repository, '1');
    await using second = testSession(as({ type: 'identity', token: 'refresh' }));
    await getManifest(second, repository, '1');
    expect(place.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:a:b').toString('base64')}`);
    expect(place.asked[1]?.method).toBe('POST');
    expect(Object.fromEntries(place.asked[1]?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      service: 'tests',
      scope: 'repository:team/app:pull',
    });
  });

  test('that have expired, or are refused, are replaced', async () => {
    await using place = await guarded(
      (count) => ({ token: `token-${count}`, expires_in: count === 1 ? 0.001 : 60 }),
      (token) => token === 'token-2' || token === 'token-3',
    );
    await using session = testSession();
    const repository = { domain: place.registry.host, path: 'team/app' };
    // The first is refused, and the second is taken.
    await getManifest(session, repository, '1').catch(() => undefined);
    expect((await getManifest(session, repository, '1'))?.descriptor.size).toBe(19);
  });

  test.each<[string, object]>([
    ['none', {}],
    ['one that is no header', { token: 'a\r\nb' }],
    ['nothing sensible', []],
  ])('that are %s are an error', async (_, answer) => {
    await using place = await guarded(() => answer);
    await using session = testSession();
    const tags = listTags(session, { domain: place.registry.host, path: 'team/app' });
    await expect(tags.next()).rejects.toMatchObject({ code: 'NETWORK', message: /without a token/ });
  });
});
