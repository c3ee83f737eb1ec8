/**
 * One scenario of sandbox.test.ts in a process of its own, so that the same table runs as root and as an ordinary user
 * (who enters a user namespace first). Arguments: a folder of its own, and the scenario as JSON. Prints the result as
 * JSON on its last line.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DecantError } from '../../../src/errors.ts';
import { lendCertificates } from '../../../src/sandbox/certificates.ts';
import type { Mount } from '../../../src/sandbox/mounts.ts';
import { runInSandbox } from '../../../src/sandbox/run.ts';
import { unpackLayer } from '../../../src/sandbox/unpack.ts';
import { readUpper } from '../../../src/sandbox/upper.ts';
import {
  enterUserNamespace,
  isInUserNamespace,
  needsUserNamespace,
} from '../../../src/sandbox/userNamespace.ts';
import type { Entry, FileEntry } from '../../../src/tree/entry.ts';
import { stackOf } from './stack.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';

const [place = '', text = '{}'] = process.argv.slice(2);

const scenario = JSON.parse(text) as Scenario;
// What is typed is the process's; the terminal sends it to us as well.
if (scenario.terminal) process.on('SIGINT', () => undefined);

if (needsUserNamespace() && !isInUserNamespace()) {
  process.exitCode = await enterUserNamespace([process.execPath, ...process.argv.slice(1)], {
    env: process.env,
  });
} else {
  const result = await carryOut().catch(describeError);
  process.stdout.write(`\n${JSON.stringify(result)}\n`);
}

function describeError(error: unknown): ScenarioResult {
  if (!(error instanceof DecantError)) throw error;
  return { error: error.code, message: [error.message, ...(error.output ?? [])].join('\n') };
}

async function carryOut(): Promise<ScenarioResult> {
  const userNamespace = isInUserNamespace();
  const layers: Entry[][] = [];
  for (const layer of scenario.layers) {
    layers.push(layer.map(toEntry));
    await unpackLayer(layers.at(-1) ?? [], contentOf, join(place, `layer${layers.length - 1}`), {
      userNamespace,
    });
  }
  if (scenario.archive)
    layers.push(await unpackArchive(scenario.archive, join(place, `layer${layers.length}`)));
  const lowers = layers.map((_, index) => join(place, `layer${index}`)).toReversed();
  const image = stackOf(layers);
  const [upper, work, scratch, cache] = ['upper', 'work', 'scratch', 'cache'].map((name) =>
    join(place, name),
  ) as [string, string, string, string];
  for (const each of [upper, work, scratch, cache]) mkdirSync(each);
  const lent = scenario.certificates
    ? await lendCertificates(Buffer.from(scenario.certificates), image, (entry) =>
        Promise.resolve(bytesOf(entry)),
      )
    : undefined;
  const cacheMount: Mount = {
    type: 'bind',
    source: cache,
    directory: true,
    target: '/cache',
    readOnly: false,
  };
  const output = { stdout: '', stderr: '' };
  const abort = new AbortController();
  let sendSignal: ((signal: NodeJS.Signals) => void) | undefined;
  const startedAt = Date.now();
  const { status } = await runInSandbox(
    {
      lowers,
      image,
      scratch,
      ...(scenario.readOnly ? {} : { upper, work }),
      args: scenario.args,
      env: { PATH: '/bin', ...lent?.env, ...scenario.env },
      cwd: scenario.cwd ?? '/',
      user: scenario.user ?? { uid: 0, gid: 0, groups: [] },
      network: scenario.network ?? 'none',
      hostname: 'box',
      ...(scenario.terminal ? { stdio: 'inherit', terminal: true } : { stdio: 'pipe' }),
      mounts: [
        ...(scenario.mounts ?? []).map((mount) => ({ ...mount, bytes: Buffer.from(mount.bytes) })),
        ...(scenario.cache ? [cacheMount] : []),
        ...(lent?.mounts ?? []),
      ],
      lent: lent?.lent ?? [],
    },
    {
      signal: abort.signal,
      graceMilliseconds: 1000,
      onStart(kill) {
        sendSignal = kill;
      },
      onOutput(stream, chunk) {
        output[stream] += chunk.toString();
        if (scenario.log) appendFileSync(scenario.log, chunk);
        if (scenario.signalOn && chunk.includes(scenario.signalOn.text))
          sendSignal?.(scenario.signalOn.signal);
        if (scenario.abortOn && output.stdout.includes(scenario.abortOn)) abort.abort();
      },
    },
  );
  rmSync(work, { recursive: true });
  const written = scenario.readOnly
    ? []
    : await readUpper(upper, { startedAt, userNamespace, below: (path) => image.lookup(path) });
  return {
    status,
    ...output,
    written: Object.fromEntries(written.map((entry) => [entry.path, show(entry)])),
  };
}

/** With the system's own tar: what is in the archive is not ours to test here. */
async function unpackArchive(archive: string, directory: string): Promise<Entry[]> {
  mkdirSync(directory);
  execFileSync('tar', ['-x', '--numeric-owner', '--exclude=./dev/*', '-f', archive, '-C', directory]);
  return readUpper(directory, { startedAt: Infinity, userNamespace: isInUserNamespace() });
}

/** An entry on one line: `file 0644 0:0 content`, with `clock` where the time is the run's. */
function show(entry: Entry): string {
  if (entry.type === 'whiteout') return 'whiteout';
  const parts = [entry.type, entry.mode.toString(8).padStart(4, '0'), `${entry.uid}:${entry.gid}`];
  if (entry.clock) parts.push('clock');
  if (entry.type === 'directory' && entry.opaque) parts.push('opaque');
  if (entry.type === 'symlink') parts.push(`-> ${entry.target}`);
  if (entry.type === 'file') parts.push(JSON.stringify(bytesOf(entry).toString()));
  for (const [name, value] of Object.entries(entry.xattrs ?? {}))
    parts.push(`${name}=${Buffer.from(value).toString('hex')}`);
  return parts.join(' ');
}

function toEntry(entry: Scenario['layers'][number][number]): Entry {
  const base = { mode: entry.type === 'directory' ? 0o755 : 0o644, uid: 0, gid: 0, mtime: 1000, ...entry };
  const xattrs = entry.xattrs
    ? Object.fromEntries(Object.entries(entry.xattrs).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]))
    : {};
  if (entry.type !== 'file') return { ...base, xattrs } as Entry;
  const bytes = entry.from === undefined ? Buffer.from(entry.text ?? '') : readFileSync(entry.from);
  return { ...base, type: 'file', xattrs, size: bytes.length, content: { kind: 'inline', bytes } };
}

async function* contentOf(entry: FileEntry): AsyncGenerator<Uint8Array> {
  yield bytesOf(entry);
}

function bytesOf(entry: FileEntry): Buffer {
  if (entry.content.kind === 'inline') return Buffer.from(entry.content.bytes);
  return entry.content.kind === 'file' ? readFileSync(entry.content.path) : Buffer.alloc(0);
}
