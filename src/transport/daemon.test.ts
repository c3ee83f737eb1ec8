/** A daemon behind a socket: what it takes, what it gives, and what it says when it does neither. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../codec/stream.ts';
import { putImage } from '../store/testing.ts';
import { openHarbour } from './testing.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(answer: Answer) {
  const folder = mkdtempSync(join(tmpdir(), 'decant-daemon-'));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  return {
    environment: { DOCKER_HOST: `unix://${join(folder, 's')}` },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

describe('a daemon', () => {
  test('gives back what it was given', async () => {
    let archive: Uint8Array = new Uint8Array();
    await using daemon = await listen((request, response) => {
      if (request.method === 'GET') {
        expect(request.url).toBe('/images/app%3A1/get');
        return void response.end(archive);
      }
      void collect(request).then((bytes) => {
        archive = bytes;
        response.end('{"stream":"Loaded image: app:1"}');
      });
    });
    await using harbour = await openHarbour(daemon.environment);
    const { descriptor } = await putImage(harbour.store, 'x');
    await harbour.store.images.tag(['app'], descriptor);
    await harbour.copy('store:app', 'docker-daemon:app:1');
    const back = await harbour.copy('docker-daemon:app:1', 'docker://HOST/app:1');
    expect(back.descriptor.digest).toBe(descriptor.digest);
  });

  const refuse =
    (status: number, body: string): Answer =>
    (request, response) => {
      request.resume();
      request.once('end', () => response.writeHead(status).end(body));
    };
  test.each([
    [
      'does not have the image',
      refuse(404, '{"message":"No such image"}'),
      'from',
      'IMAGE_UNKNOWN',
      /No such image/,
    ],
    ['fails', refuse(500, '{"message":"no space"}'), 'from', 'NETWORK', /status 500 \(no space\)/],
    ['refuses an archive', refuse(500, '{"message":"no space"}'), 'to', 'NETWORK', /no space/],
    ['cannot load it', refuse(200, '{"error":"bad layer"}'), 'to', 'NETWORK', /bad layer/],
    ['hangs up', (request: IncomingMessage) => request.socket.destroy(), 'from', 'NETWORK', /broke off/],
  ] as const)('that %s', async (_, answer, direction, code, message) => {
    await using daemon = await listen(answer);
    await using harbour = await openHarbour(daemon.environment);
    const { descriptor } = await putImage(harbour.store, 'x');
    await harbour.store.images.tag(['app'], descriptor);
    const copying =
      direction === 'to'
        ? harbour.copy('store:app', 'docker-daemon:app')
        : harbour.copy('docker-daemon:app', 'store:app');
    await expect(copying).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test.each([
    ['is not there', 'unix:///nowhere/docker.sock', /no Docker daemon at/],
    ['is elsewhere', 'tcp://10.0.0.1:2375', /DOCKER_HOST/],
  ])('that %s', async (_, address, message) => {
    await using harbour = await openHarbour({ DOCKER_HOST: address });
    await expect(harbour.copy('docker-daemon:app', 'store:app')).rejects.toMatchObject({
      code: 'MACHINE_UNSUPPORTED',
      message: expect.stringMatching(message) as string,
    });
  });
});
