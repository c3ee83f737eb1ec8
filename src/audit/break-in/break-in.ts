/**
 * Breaking in, really: what an intruder begins with is tried in a container of the image, as root and as the user that the
 * image declares. Each attempt finds the image as it is, has seconds to end, and reaches no address but one of our own on
 * the loopback interface. Nothing of it stays.
 */
import type { Image } from '../../oci/image.ts';
import { DEFAULT_PATH, environmentOf } from '../../plan/scope.ts';
import { type UnpackedImage, withUnpacked } from '../../engine/embedded/run-image.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import { readText } from '../../engine/embedded/text-file.ts';
import { DecantError } from '../../errors.ts';
import { ARCHITECTURE } from '../../sandbox/system-calls.ts';
import type { Store } from '../../store/store.ts';
import { cleanPath } from '../../tree/path.ts';
import { resolvePath, type Tree, walk } from '../../tree/tree.ts';
import type { Audit } from '../types.ts';
import { type AuditUser, auditUser } from '../user.ts';
import { type Listener, listen } from './listener.ts';
import { DROPPED, DROPPED_STATUS, droppingSteps, payload, WRITE_REFUSED } from './payload.ts';
import { type Ended, type Try, triesOf } from './tries.ts';
import type { Attempt, BreakIn, BreakInAs, Refusal } from './types.ts';

export interface BreakInRequest {
  readonly store: Store;
  readonly image: Image;
  readonly privileges: Privileges;
  /** Of this image: which programs there are to try. */
  readonly audit: Audit;
  readonly signal: AbortSignal;
}

/** Of one attempt, and of all of them. */
const ATTEMPT_MILLISECONDS = 20_000;
const ALL_MILLISECONDS = 600_000;
const MAX_OUTPUT = 64 * 1024;
const MAX_PLACES = 40;

/** Throws NamespaceNeeded where an ordinary user has to be root of a namespace first, INTERRUPTED, MACHINE_UNSUPPORTED. */
export async function breakIn(request: BreakInRequest): Promise<BreakIn> {
  const { store, image, privileges, signal, audit } = request;
  const declared = image.config.config?.User ?? '';
  const listener = await listen();
  const deadline = Date.now() + ALL_MILLISECONDS;
  try {
    return await withUnpacked({ store, image, privileges, signal }, async (unpacked) => {
      const { tree, open } = unpacked;
      const passwd = await readText({ open }, tree, 'etc/passwd');
      const group = await readText({ open }, tree, 'etc/group');
      const users: BreakInAs[] = [];
      for (const user of audit.user.isRoot ? ['0:0'] : ['0:0', declared]) {
        const who = auditUser(user, passwd, group);
        const session: Session = { unpacked, image, user, who, listener, deadline, signal };
        const tries = triesOf(audit, listener.port);
        const attempts = [
          ...(await inTurns(tries, (each) => tryOne(session, each))),
          ...(await inTurns(placesOf(tree, image, who), (place) => drop(session, place))),
        ];
        users.push({ user, declared: user === declared || audit.user.isRoot, attempts });
      }
      const all = users.flatMap(({ attempts }) => attempts);
      return { users, tried: all.length, worked: all.filter(({ worked }) => worked).length };
    });
  } finally {
    await listener.close();
  }
}

interface Session {
  readonly unpacked: UnpackedImage;
  readonly image: Image;
  readonly user: string;
  readonly who: AuditUser;
  readonly listener: Listener;
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** One after the other: a connection tells which attempt made it only by its time. */
async function inTurns<T>(
  items: readonly T[],
  work: (item: T) => Promise<Attempt>,
): Promise<readonly Attempt[]> {
  const results: Attempt[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

async function tryOne(session: Session, { kind, args, worked }: Try): Promise<Attempt> {
  const [name = '', applet = ''] = args;
  // The name of one program of many tells more than the path of all.
  const what = /\/(?:busybox|toybox|coreutils)$/.test(name) ? `${name} ${applet}` : name;
  const ended = await run(session, args);
  if (typeof ended === 'string') return { kind, what, args, worked: false, refusal: ended, detail: '' };
  const { status } = ended;
  const detail = firstLine(ended.output);
  if (worked(ended)) return { kind, what, args, worked: true, detail, status };
  return { kind, what, args, worked: false, refusal: refusalOf(session, name, ended), detail, status };
}

/** 126 and 127 are said by what starts the program, and by shells; what else was wrong the program says. */
function refusalOf({ unpacked, image }: Session, name: string, { status, output }: Ended): Refusal {
  const file = programFile(unpacked.tree, image, name);
  if (status === 127) return file === undefined ? 'not-there' : 'not-executable';
  if (status === 126) {
    if (file?.type === 'file' && (file.mode & 0o111) === 0) return 'not-executable';
    return output.includes('cannot be executed') ? 'not-executable' : 'no-permission';
  }
  return /permission denied|operation not permitted|are you root|must be root/i.test(output)
    ? 'no-permission'
    : 'failed';
}

function programFile(tree: Tree, image: Image, name: string) {
  const path = environmentOf(image.config.config?.Env).get('PATH') ?? DEFAULT_PATH;
  const candidates = name.includes('/') ? [name] : path.split(':').map((folder) => `${folder}/${name}`);
  for (const candidate of candidates) {
    try {
      const node = tree.get(resolvePath(tree, candidate));
      if (node) return node;
    } catch {
      // A circle of links leads to nothing.
    }
  }
  return undefined;
}

/** A program of our own, written into a directory by the process that was taken over, and started. */
async function drop(session: Session, place: string): Promise<Attempt> {
  const { image, listener } = session;
  const path = `${place === '/' ? '' : place}/.decant-dropped`;
  const env = {
    PATH: DEFAULT_PATH,
    ...Object.fromEntries(environmentOf(image.config.config?.Env)),
    DECANT_MARK: 'seen',
  };
  const program = droppingSteps(path, payload(ARCHITECTURE, listener.port), env);
  const ended = await run(session, [path], program);
  const base = { kind: 'drop', what: place, args: [path] } as const;
  if (typeof ended === 'string') return { ...base, worked: false, refusal: ended, detail: '' };
  const { status, output, reached } = ended;
  if (status === DROPPED_STATUS && output.includes(DROPPED.trim())) {
    const also = [
      output.includes('DECANT_MARK=seen') ? 'reads its environment' : undefined,
      reached ? 'connects to the network' : undefined,
    ].filter((part) => part !== undefined);
    return { ...base, worked: true, status, detail: ['it runs', ...also].join(', ') };
  }
  const refusal = dropRefusal(status);
  return { ...base, worked: false, refusal, status, detail: REFUSALS[status] ?? firstLine(output) };
}

const REFUSALS: Readonly<Record<number, string>> = {
  [WRITE_REFUSED.missing]: 'there is no such directory',
  [WRITE_REFUSED.permission]: 'it may not be written to',
  [WRITE_REFUSED.readOnly]: 'it is read-only',
  [WRITE_REFUSED.other]: 'the file cannot be made',
};

function dropRefusal(status: number): Refusal {
  if (status === WRITE_REFUSED.missing) return 'not-there';
  if (status === WRITE_REFUSED.permission || status === WRITE_REFUSED.readOnly) return 'no-permission';
  return status === 126 ? 'not-executable' : 'failed';
}

/** Directories of the image that the user may write to; for root, who may everywhere, those that are usual. */
function placesOf(tree: Tree, image: Image, who: AuditUser): readonly string[] {
  const directory = image.config.config?.WorkingDir;
  const usual = ['', 'tmp', 'var/tmp', 'run', ...(directory ? [cleanPath(directory)] : [])].filter(
    (path) => tree.get(path)?.type === 'directory',
  );
  if (who.isRoot) return [...new Set(usual)].map((path) => `/${path}`);
  const places = new Set(usual);
  for (const node of walk(tree)) {
    if (places.size >= MAX_PLACES) break;
    if (node.type !== 'directory' || /^(?:dev|proc|sys)(?:\/|$)/.test(node.path)) continue;
    if (who.mayChange(node)) places.add(node.path);
  }
  return [...places].map((path) => `/${path}`);
}

async function run(
  { unpacked, user, listener, deadline, signal }: Session,
  args: readonly string[],
  program?: Parameters<UnpackedImage['run']>[0]['program'],
): Promise<Ended | 'no-end' | 'not-tried'> {
  signal.throwIfAborted();
  const left = deadline - Date.now();
  if (left <= 0) return 'not-tried';
  const before = listener.count();
  let output = '';
  const limit = AbortSignal.timeout(Math.min(ATTEMPT_MILLISECONDS, left));
  try {
    const { status } = await unpacked.run(
      {
        args,
        program,
        env: new Map(),
        user,
        hostname: 'decant',
        network: 'host',
        readOnly: false,
        stdio: 'pipe',
        terminal: false,
      },
      {
        signal: AbortSignal.any([limit, signal]),
        graceMilliseconds: 200,
        onOutput: (_, chunk) => {
          if (output.length < MAX_OUTPUT) output += chunk.toString('utf8');
        },
      },
    );
    return { status, output, reached: listener.count() > before };
  } catch (error) {
    const isOver = error instanceof DecantError && error.code === 'INTERRUPTED' && !signal.aborted;
    if (!isOver) throw error;
    // It may have done what was tried, and wait for more.
    return listener.count() > before ? { status: 124, output, reached: true } : 'no-end';
  }
}

function firstLine(output: string): string {
  return (
    output
      .replaceAll('\0', ' ')
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 200) ?? ''
  );
}
