import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { createFetcher, type Fetched, type FetcherOptions } from './fetch.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

async function serve(handler: Handler): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    handler(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function get(address: string, options: FetcherOptions = {}): Promise<string> {
  const fetcher = createFetcher({ environment: {}, retryDelay: 1, ...options });
  try {
    return await textOf(await fetcher.get(address));
  } finally {
    await fetcher.close();
  }
}

async function textOf(answer: Fetched): Promise<string> {
  return answer.status === 'found' ? (await collect(answer.body)).toString() : answer.status;
}

async function failure(work: Promise<unknown>): Promise<DecantError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DecantError) return error;
  throw new Error(`expected a DecantError, got ${String(error)}`);
}

const FILE = Buffer.from('0123456789'.repeat(20_000));

/** Sends some bytes of the file and hangs up. */
function breakOff(response: ServerResponse, from: number, count: number): void {
  response.write(FILE.subarray(from, from + count), () => setTimeout(() => response.destroy(), 20));
}

describe('a file', () => {
  test('is there or not', async () => {
    await using server = await serve((request, response) => {
      response.writeHead(request.url === '/here' ? 200 : 404).end('text');
    });
    expect(await get(`${server.url}/here`)).toBe('text');
    expect(await get(`${server.url}/gone`)).toBe('missing');
  });

  test('has not changed since', async () => {
    await using server = await serve((request, response) => {
      const { 'if-none-match': etag, 'if-modified-since': time, 'cache-control': cache } = request.headers;
      if (etag === '"1"' || time === 'Sun') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"1"', 'last-modified': 'Sun' }).end(cache ?? 'any');
    });
    const fetcher = createFetcher({ environment: {} });
    const first = await fetcher.get(server.url, { fresh: true });
    expect(first).toMatchObject({ status: 'found', etag: '"1"', lastModified: 'Sun' });
    expect(await textOf(first)).toBe('max-age=0');
    expect(await textOf(await fetcher.get(server.url, { etag: '"1"' }))).toBe('unchanged');
    expect(await textOf(await fetcher.get(server.url, { lastModified: 'Sun' }))).toBe('unchanged');
    // The time counts for nothing where there is a tag, so it is not even sent.
    expect(await textOf(await fetcher.get(server.url, { etag: '"0"', lastModified: 'Sun' }))).toBe('any');
    await fetcher.close();
  });

  test('may be on this machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'decant-fetch-'));
    writeFileSync(join(folder, 'a b'), 'local');
    const address = pathToFileURL(folder).href;
    expect(await get(`${address}/a%20b`)).toBe('local');
    expect(await get(`${address}/none`)).toBe('missing');
    rmSync(folder, { recursive: true });
  });
});

describe('a failure', () => {
  test.each([408, 429, 500, 502, 503, 504])('of status %i passes', async (status) => {
    await using server = await serve((_, response, count) => {
      response.writeHead(count < 3 ? status : 200).end('there it is');
    });
    expect(await get(server.url)).toBe('there it is');
    expect(server.requests).toHaveLength(3);
  });

  test('that lasts is told', async () => {
    await using server = await serve((_, response) => response.writeHead(503).end());
    const error = await failure(get(`${server.url}/file`));
    expect(error).toMatchObject({ code: 'NETWORK', message: `cannot get ${server.url}/file` });
    expect(String(error.cause)).toContain('status 503');
    expect(server.requests).toHaveLength(5);
  });

  test.each([400, 401, 403])('of status %i is told at once', async (status) => {
    await using server = await serve((_, response) => response.writeHead(status).end());
    const error = await failure(get(server.url));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toMatch(new RegExp(`the server answered with status ${status}$`));
    expect(server.requests).toHaveLength(1);
  });

  test('to connect is told with the address, without the password', async () => {
    const server = await serve((_, response) => response.end());
    await server[Symbol.asyncDispose]();
    const error = await failure(get(`${server.url.replace('//', '//user:secret@')}/file?token=secret`));
    expect(error.message).toBe(`cannot get ${server.url}/file`);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret');
  });

  test('is not waited for after an interruption', async () => {
    const abort = new AbortController();
    await using server = await serve((_, response) => {
      response.writeHead(503).end();
      abort.abort();
    });
    const error = await failure(get(server.url, { signal: abort.signal, retryDelay: 60_000 }));
    expect(error.code).toBe('INTERRUPTED');
  });

  test('in the middle of a transfer that was interrupted is no network error', async () => {
    const abort = new AbortController();
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': FILE.length });
      response.write(FILE.subarray(0, 10), () => setTimeout(() => abort.abort(), 20));
    });
    expect((await failure(get(server.url, { signal: abort.signal }))).code).toBe('INTERRUPTED');
  });
});

describe('a transfer that breaks off', () => {
  const start = (request: IncomingMessage): number =>
    Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);

  test.each([{ etag: '"1"' }, {}])('goes on where it was (%j)', async (headers: { etag?: string }) => {
    await using server = await serve((request, response, count) => {
      const from = start(request);
      if (count === 1) response.writeHead(200, { 'content-length': FILE.length, ...headers });
      else {
        const range = `bytes ${from}-${FILE.length - 1}/${FILE.length}`;
        response.writeHead(206, { 'content-length': FILE.length - from, 'content-range': range, ...headers });
      }
      if (count < 4) breakOff(response, from, 40_000);
      else response.end(FILE.subarray(from));
    });
    expect((await get(server.url)) === FILE.toString()).toBe(true);
    expect(server.requests.length).toBeGreaterThan(1);
    expect(server.requests.slice(1).map((request) => request.headers['if-range'])).toEqual(
      server.requests.slice(1).map(() => headers.etag),
    );
  });

  test('begins anew where the server knows no ranges', async () => {
    await using server = await serve((_, response, count) => {
      response.writeHead(200, { 'content-length': FILE.length });
      if (count === 1) breakOff(response, 0, 70_001);
      else response.end(FILE);
    });
    expect((await get(server.url)) === FILE.toString()).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  test('is not joined to another part', async () => {
    await using server = await serve((_, response, count) => {
      if (count === 1) {
        response.writeHead(200, { 'content-length': FILE.length });
        breakOff(response, 0, 1000);
      } else {
        response.writeHead(206, { 'content-range': `bytes 5-9/${FILE.length}` }).end('56789');
      }
    });
    expect((await failure(get(server.url))).code).toBe('NETWORK');
  });

  test('again and again is given up', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': FILE.length });
      breakOff(response, 0, 10);
    });
    const error = await failure(get(server.url));
    expect(error.code).toBe('NETWORK');
    expect(server.requests).toHaveLength(5);
  });

  test('because nobody reads on is left alone', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': FILE.length }).end(FILE);
    });
    const fetcher = createFetcher({ environment: {} });
    const answer = await fetcher.get(server.url);
    if (answer.status !== 'found') throw new Error(answer.status);
    for await (const chunk of answer.body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await fetcher.close();
    expect(server.requests).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test('is followed, without the password when it leads to another server', async () => {
    await using other = await serve((request, response) =>
      response.end(request.headers.authorization ?? 'nobody'),
    );
    await using server = await serve((request, response) => {
      if (request.url === '/here') response.end(request.headers.authorization ?? 'nobody');
      else response.writeHead(302, { location: request.url === '/away' ? other.url : '/here' }).end();
    });
    const mirror = server.url.replace('//', '//user:pass%40word@');
    expect(await get(`${mirror}/here`)).toBe(`Basic ${Buffer.from('user:pass@word').toString('base64')}`);
    expect(await get(`${mirror}/near`)).toBe(`Basic ${Buffer.from('user:pass@word').toString('base64')}`);
    expect(await get(`${mirror}/away`)).toBe('nobody');
  });

  test.each(['/', 'file:///etc/passwd', 'ftp://127.0.0.1/'])('to %s is not', async (location) => {
    await using server = await serve((_, response) => response.writeHead(301, { location }).end());
    const error = await failure(get(server.url));
    expect(error.code).toBe('NETWORK');
    expect(error.message).toContain('leads too far away');
  });
});

describe('a proxy', () => {
  test('of the environment is asked for plain addresses, with the address as it is', async () => {
    await using proxy = await serve((request, response) => response.end(`proxied ${request.url}`));
    const environment = { http_proxy: proxy.url };
    expect(await get('http://mirror.invalid/debian/x', { environment })).toBe(
      'proxied http://mirror.invalid/debian/x',
    );
  });

  test('is not asked for what no_proxy names', async () => {
    await using proxy = await serve((_, response) => response.end('proxied'));
    await using server = await serve((_, response) => response.end('direct'));
    expect(await get(server.url, { environment: { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } })).toBe(
      'direct',
    );
    expect(await get(server.url, { environment: { HTTP_PROXY: proxy.url } })).toBe('proxied');
  });
});
