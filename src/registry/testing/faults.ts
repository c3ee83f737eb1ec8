/**
 * A proxy in front of a registry that does what networks and servers do: hangs up, stops in the middle, says nothing,
 * flips a bit, is busy, lies about what it sends.
 */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const FAULTS = [
  'reset',
  'truncate',
  'stall',
  'corrupt',
  'short length',
  'wrong digest',
  'redirect',
  '401',
  '403',
  '404',
  '408',
  '413',
  '429',
  '500',
  '502',
  '503',
] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  /** Authorization headers that came where a redirect led. */
  readonly leaked: string[];
  /** Faults that happened. */
  readonly happened: string[];
}

/** @param choose What is to happen to a request, if anything. */
export async function serveFaults(
  upstream: string,
  choose: (request: IncomingMessage) => Fault | undefined,
): Promise<FaultProxy> {
  const happened: string[] = [];
  const leaked: string[] = [];
  const pass = (fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): void =>
    relay(upstream, fault, request, response);
  // Another origin, as the storage behind a registry is: it gives what it is asked for, and watches.
  const storage = await listen((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) leaked.push(authorization);
    pass(undefined, request, response);
  });
  const front = await listen((request, response) => {
    const fault = choose(request);
    if (fault !== undefined) happened.push(`${fault}: ${request.method} ${request.url}`);
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'redirect' && request.method === 'GET') {
      request.resume();
      return void response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end();
    }
    if (fault !== undefined && /^\d+$/.test(fault)) {
      request.resume();
      const wait = fault === '429' || fault === '503' ? { 'retry-after': '0' } : {};
      return void response.writeHead(Number(fault), { ...wait, 'content-length': 0 }).end();
    }
    pass(fault, request, response);
  });
  return {
    host: front.host,
    leaked,
    happened,
    [Symbol.asyncDispose]: async () => {
      await front.close();
      await storage.close();
    },
  };
}

function relay(
  upstream: string,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const onward = forward(`http://${upstream}${request.url}`, {
    method: request.method,
    headers: { ...request.headers, host: upstream },
    agent: false,
  });
  onward.on('error', () => response.destroy());
  request.on('error', () => onward.destroy());
  onward.on('response', (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', () => response.destroy());
    answer.on('end', () => reply(fault, answer, Buffer.concat(chunks), response));
  });
  if (fault !== 'truncate' || request.method === 'GET') return void request.pipe(onward);
  // On the way up it is the request that breaks off.
  request.once('data', (chunk: Buffer) => {
    onward.write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
    setTimeout(() => {
      onward.destroy();
      request.socket.destroy();
    }, 5);
  });
  request.once('end', () => onward.end());
}

function reply(
  fault: Fault | undefined,
  { statusCode = 500, headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  if (fault === 'stall') return;
  const sent = Buffer.from(body);
  if (fault === 'corrupt' && sent.length > 0) sent[sent.length >> 1] = (sent[sent.length >> 1] ?? 0) ^ 1;
  const lies = {
    ...(fault === 'short length' && body.length > 1 ? { 'content-length': String(body.length - 1) } : {}),
    ...(fault === 'wrong digest' && headers['docker-content-digest'] !== undefined
      ? { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
      : {}),
  };
  response.writeHead(statusCode, { ...headers, ...lies });
  if (fault === 'truncate' && body.length > 1) {
    response.write(sent.subarray(0, body.length >> 1), () => setTimeout(() => response.destroy(), 5));
    return;
  }
  response.end(fault === 'short length' && body.length > 1 ? sent.subarray(0, body.length - 1) : sent);
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly host: string; readonly close: () => Promise<void> }> {
  const server = createServer(handle);
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
