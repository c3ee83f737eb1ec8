/**
 * Docker's daemon, through its socket (Docker Engine API, "Export an image", "Import images"): images go in and come out as
 * archives. Podman's service speaks the same.
 */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { collect } from '../codec/stream.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { Means } from './image.ts';

const DEFAULT_SOCKET = '/var/run/docker.sock';
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The image as `docker save` writes it. Throws IMAGE_UNKNOWN, MACHINE_UNSUPPORTED, NETWORK. */
export async function saveFromDaemon(
  { environment, signal }: Pick<Means, 'environment' | 'signal'>,
  name: string,
): Promise<AsyncIterable<Uint8Array>> {
  const socket = socketOf(environment);
  const answer = await responseTo(
    request({
      socketPath: socket,
      path: `/images/${encodeURIComponent(name)}/get`,
      ...(signal ? { signal } : {}),
    }),
    socket,
    (asked) => void asked.end(),
  );
  if (answer.statusCode === 200) return answer as AsyncIterable<Buffer>;
  const said = await messageOf(answer);
  if (answer.statusCode === 404)
    throw new DecantError('IMAGE_UNKNOWN', `there is no image ${name} in the daemon at ${socket}${said}`);
  throw refused(socket, answer, said);
}

/** Hands the daemon an archive. Throws MACHINE_UNSUPPORTED, NETWORK, and what reading the archive throws. */
export async function loadIntoDaemon(
  { environment, signal }: Means,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  const socket = socketOf(environment);
  let failure: unknown;
  const answer = await responseTo(
    request({
      socketPath: socket,
      path: '/images/load?quiet=1',
      method: 'POST',
      headers: { 'content-type': 'application/x-tar' },
      ...(signal ? { signal } : {}),
    }),
    socket,
    (asked) => {
      const watched = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield* archive;
        } catch (error) {
          failure = error;
          throw error;
        }
      };
      // What the daemon answers counts, even when it does not read to the end.
      pipeline(Readable.from(watched(), { objectMode: false }), asked).catch(() => undefined);
    },
  ).catch((error: unknown) => {
    throw failure ?? error;
  });
  const text = (await collect(answer as AsyncIterable<Buffer>, MAX_ANSWER_BYTES)).toString('utf8');
  if (answer.statusCode !== 200) throw refused(socket, answer, ofMessage(text));
  const said = /"error"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (said !== undefined)
    throw new DecantError(
      'NETWORK',
      `the daemon at ${socket} cannot load the image: ${JSON.parse(said) as string}`,
    );
}

/** The path of the socket that `DOCKER_HOST` names. Throws MACHINE_UNSUPPORTED for what is none. */
function socketOf({ DOCKER_HOST }: Means['environment']): string {
  if (DOCKER_HOST === undefined || DOCKER_HOST === '') return DEFAULT_SOCKET;
  const path = /^unix:\/\/(\/.+)$/.exec(DOCKER_HOST)?.[1];
  if (path !== undefined) return path;
  throw new DecantError(
    'MACHINE_UNSUPPORTED',
    'DOCKER_HOST names a daemon elsewhere, and decant speaks to sockets of this machine only',
    {
      hint: 'copy to docker-archive:FILE, and load that there',
    },
  );
}

function responseTo(
  asked: ClientRequest,
  socket: string,
  send: (asked: ClientRequest) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('error', (error) => reject(unreachable(error, socket)));
    send(asked);
  });
}

function unreachable(error: unknown, socket: string): DecantError {
  const code = systemCode(error);
  if (error instanceof Error && error.name === 'AbortError')
    return new DecantError('INTERRUPTED', `interrupted while speaking to the daemon at ${socket}`);
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return new DecantError('MACHINE_UNSUPPORTED', `there is no Docker daemon at ${socket}`, {
      hint: 'start it, or name its socket in DOCKER_HOST (unix:///…)',
    });
  if (code === 'EACCES' || code === 'EPERM')
    return new DecantError('MACHINE_UNSUPPORTED', `you may not speak to the Docker daemon at ${socket}`, {
      hint: 'members of the group docker may; or copy to docker-archive:FILE',
    });
  return new DecantError('NETWORK', `the daemon at ${socket} broke off`, { cause: error });
}

function refused(socket: string, { statusCode }: IncomingMessage, said: string): DecantError {
  return new DecantError('NETWORK', `the daemon at ${socket} answered with status ${statusCode}${said}`);
}

async function messageOf(answer: IncomingMessage): Promise<string> {
  return ofMessage((await collect(answer as AsyncIterable<Buffer>, MAX_ANSWER_BYTES)).toString('utf8'));
}

/** ` (its message)`, or nothing. */
function ofMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? ` (${message.slice(0, 300)})` : '';
  } catch {
    return '';
  }
}
