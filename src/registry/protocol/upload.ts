/**
 * Blobs into a registry (OCI distribution-spec, "Pushing blobs"): mounted from another repository where the registry can,
 * else streamed in one request; in pieces where that is too large for it; on from where it broke off.
 */
import { DecantError } from '../../errors.ts';
import { leave } from '../../net/agent.ts';
import type { Response } from '../../net/agent.ts';
import { PassingAnswer } from '../../net/attempts.ts';
import type { Attempts } from '../../net/attempts.ts';
import type { Place, Repository } from '../config/registries.ts';
import { repositoryName } from '../config/registries.ts';
import { pullScope, pushScope } from './manifests.ts';
import type { Answer } from './server.ts';
import type { Session } from './session.ts';
import { accept } from './session.ts';

/** What is pushed. `open` gives the bytes from an offset on; it may be asked several times. */
export interface BlobSource {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly open: (offset: number) => AsyncIterable<Uint8Array>;
}

/** The first size of pieces where the whole is too large, and the last that is tried, in bytes. */
const FIRST_PIECE_BYTES = 64 * 1024 * 1024;
const LAST_PIECE_BYTES = 256 * 1024;
/** A registry that puts a blob of gigabytes in its place takes its time. */
const COMMIT_PATIENCE_MS = 10 * 60_000;
/** Sessions that may come to nothing before it is given up. */
const MAX_SESSIONS = 5;

/** Throws NETWORK, REGISTRY_DENIED, and what reading the source throws. */
export async function pushBlob(session: Session, repository: Repository, source: BlobSource): Promise<void> {
  const upload = openUpload(session, repository, source.digest);
  let piece = Infinity;
  for (let sessions = 1; ; sessions += 1) {
    const outcome = await send(upload, await upload.begin(), source, piece);
    if (outcome === 'done') return;
    if (outcome === 'too large') {
      piece = Math.min(FIRST_PIECE_BYTES, Math.ceil(Math.min(piece, source.size) / 4));
      if (piece >= LAST_PIECE_BYTES) continue;
    }
    if (outcome === 'too large' || sessions >= MAX_SESSIONS) {
      throw new DecantError(
        'NETWORK',
        `cannot ${upload.doing}: ${upload.place.domain} ${outcome === 'too large' ? 'finds every request too large (status 413)' : 'loses what it was sent'}`,
      );
    }
  }
}

/** Whether the registry has taken the blob over from another repository of its own. */
export async function mountBlob(
  session: Session,
  repository: Repository,
  digest: string,
  from: Repository,
): Promise<boolean> {
  const [place, source] = [repository, from].map(session.options.registries.ownPlace) as [Place, Place];
  const doing = `push ${digest} to ${repositoryName(repository)}`;
  const query = new URLSearchParams({ mount: digest, from: source.path });
  let answer: Answer;
  try {
    answer = await session.send(
      place,
      {
        method: 'POST',
        target: `${place.path}/blobs/uploads/?${query.toString()}`,
        scopes: [pushScope(place), pullScope(source)],
        body: { size: 0, open: () => new Uint8Array() },
      },
      doing,
    );
  } catch (error) {
    // A token service that gives no token for the other repository: it is a shortcut, and there is the long way.
    if (error instanceof DecantError && error.code === 'REGISTRY_DENIED') return false;
    throw error;
  }
  const { response, url } = answer;
  await leave(response);
  if (response.statusCode === 201) return true;
  // It has begun an upload instead, which nobody is going to finish.
  const location = locationOf(response, url);
  if (response.statusCode === 202 && location) {
    await abandon(session, place, location);
  }
  return false;
}

interface Upload {
  readonly place: Place;
  readonly doing: string;
  readonly attempts: Attempts;
  readonly begin: () => Promise<URL>;
  /** One attempt. */
  readonly put: (location: URL, body: Piece) => Promise<Answer>;
  readonly commit: (location: URL) => Promise<Response>;
  /** How much has arrived, and where to go on; undefined when it is not known any more. */
  readonly status: (
    location: URL,
  ) => Promise<{ readonly offset: number; readonly location: URL } | undefined>;
}

interface Piece {
  readonly offset: number;
  readonly size: number;
  /** Whether more comes after it, or came before it. */
  readonly isPart: boolean;
  readonly open: () => AsyncIterable<Uint8Array>;
}

function openUpload(session: Session, repository: Repository, digest: string): Upload {
  const place = session.options.registries.ownPlace(repository);
  const doing = `push ${digest} to ${repositoryName(repository)}`;
  const attempts = session.attempts(doing, place);
  const scopes = [pushScope(place)];
  const nothing = { size: 0, open: () => new Uint8Array() };
  return {
    place,
    doing,
    attempts,
    begin: async () => {
      const exchange = {
        method: 'POST',
        target: `${place.path}/blobs/uploads/`,
        scopes,
        body: nothing,
      } as const;
      const answer = await session.send(place, exchange, doing, attempts);
      const response = await accept(answer, [202], doing, place);
      await leave(response);
      return needLocation(response, answer.url, doing);
    },
    put: async (target, { offset, size, isPart, open }) => {
      const headers = {
        'content-type': 'application/octet-stream',
        ...(isPart ? { 'content-range': `${offset}-${offset + size - 1}` } : {}),
      };
      const exchange = { method: 'PATCH', target, scopes, headers, body: { size, open } } as const;
      return (await session.serverOf(place)).send(exchange);
    },
    commit: async (location) => {
      const target = new URL(location);
      target.searchParams.set('digest', digest);
      const exchange = {
        method: 'PUT',
        target,
        scopes,
        body: nothing,
        patience: COMMIT_PATIENCE_MS,
      } as const;
      return (await session.send(place, exchange, doing, attempts)).response;
    },
    status: async (target) => {
      const exchange = { method: 'GET', target, scopes } as const;
      const { response, url } = await session.send(place, exchange, doing, attempts);
      await leave(response);
      if (response.statusCode !== 204 && response.statusCode !== 200) return undefined;
      const end = /^(?:bytes=)?0-(\d{1,15})$/.exec(String(response.headers['range'] ?? ''))?.[1];
      // "0-0" is what most say for nothing at all, as well as for one byte.
      const offset = end === undefined || end === '0' ? 0 : Number(end) + 1;
      return { offset, location: locationOf(response, url) ?? target };
    },
  };
}

/** One session of an upload. `lost` is one that has to begin anew. */
async function send(
  upload: Upload,
  begun: URL,
  source: BlobSource,
  piece: number,
): Promise<'done' | 'too large' | 'lost'> {
  const { attempts, doing, place } = upload;
  let at = { offset: 0, location: begun };
  while (at.offset < source.size) {
    const { offset, location } = at;
    const size = Math.min(piece, source.size - offset);
    const open = (): AsyncIterable<Uint8Array> => part(source, offset, size);
    let failure: unknown;
    let reading: unknown;
    try {
      const watched = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield* open();
        } catch (error) {
          reading = error;
          throw error;
        }
      };
      const answer = await upload.put(location, { offset, size, isPart: size < source.size, open: watched });
      const { response, url } = answer;
      if (response.statusCode === 413) {
        await leave(response);
        return 'too large';
      }
      if (response.statusCode === 416 || response.statusCode === 404) {
        await leave(response);
        return 'lost';
      }
      await leave(await accept(answer, [202, 201, 204], doing, place));
      at = { offset: offset + size, location: locationOf(response, url) ?? location };
      continue;
    } catch (error) {
      failure = error;
    }
    // What cannot be read here will not be read at the next attempt either.
    if (reading !== undefined) throw reading;
    await attempts.failed(failure);
    const now = failure instanceof PassingAnswer ? undefined : await upload.status(location);
    if (!now || now.offset > source.size) return 'lost';
    at = now;
  }
  const response = await upload.commit(at.location);
  if (response.statusCode === 404 || response.statusCode === 416) {
    await leave(response);
    return 'lost';
  }
  await leave(await accept({ response, url: at.location }, [201, 204], doing, place));
  return 'done';
}

async function* part(source: BlobSource, offset: number, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of source.open(offset)) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.length;
    // At its own end a source also verifies what it has given.
    if (left <= 0 && offset + size < source.size) return;
  }
}

/** The place that the registry names for what comes next. It may be another server; then nothing of ours is told there. */
function locationOf(response: Response, from: URL): URL | undefined {
  const { location } = response.headers;
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return undefined;
  const url = new URL(location, from);
  // Registries behind a proxy that ends TLS often do not know that they are: what was encrypted stays so.
  if (from.protocol === 'https:' && url.protocol === 'http:' && url.hostname === from.hostname) {
    return new URL(url.pathname + url.search, from.origin);
  }
  return /^https?:$/.test(url.protocol) && !(from.protocol === 'https:' && url.protocol === 'http:')
    ? url
    : undefined;
}

function needLocation(response: Response, from: URL, doing: string): URL {
  const location = locationOf(response, from);
  if (location) return location;
  throw new DecantError('NETWORK', `cannot ${doing}: the registry does not say where to send it`);
}

async function abandon(session: Session, place: Place, target: URL): Promise<void> {
  try {
    const server = await session.serverOf(place);
    await leave((await server.send({ method: 'DELETE', target, scopes: [pushScope(place)] })).response);
  } catch {
    // It goes by itself after a while.
  }
}
