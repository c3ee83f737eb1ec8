/**
 * Docker's own builder: the daemon of Debian's docker.io, started here with everything it has below the test's folder,
 * on a socket of its own, without networks. It needs root.
 *
 * That builder is BuildKit as of December 2020 (Docker 20.10), whose language is Dockerfile 1.2 and a little: what came
 * later is listed in `SINCE`, and such cases are compared with nothing.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BaseImages } from './base.ts';
import { DRESSED_CONFIG, dockerArchive } from './base.ts';
import type { Builder } from './builder.ts';
import type { Case } from './cases.ts';
import { exec, mustExec } from './exec.ts';
import { printConfig } from './config.ts';
import type { BuiltImage } from './image.ts';
import { readDockerArchive } from './image.ts';
import { mergeLayers } from './tree.ts';
import { ROOT } from './users.ts';

/** Debian's client, which speaks BuildKit without a plugin; another one may come first in the path. */
const CLIENT = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
/** `docker save` does not know how to write an image without layers. */
const NO_LAYERS = 'empty export';
const PATIENCE_MS = 300_000;

/** What the language has had only since Dockerfile 1.3, by what shows it. */
const SINCE: readonly (readonly [RegExp, string])[] = [
  [/<<-?\s*["']?[a-z]/i, 'heredocs'],
  [/^\s*RUN\b.*--(?:network|security|device)/im, 'flags of RUN'],
  [/--link\b/, '--link'],
  [/--parents\b/, '--parents'],
  [/--exclude\b/, '--exclude'],
  [/--checksum\b/, '--checksum'],
  [/--unpack\b/, '--unpack'],
  [/--chmod=[^\d\s]/, 'symbolic --chmod, and variables in it'],
  [/--start-interval\b/, '--start-interval'],
  [/\$\{\w+[#%/]/, 'modifiers that cut and replace'],
  [/type=secret\S*env=/, 'secrets in variables'],
  [/^\s*ONBUILD\s+.*--from/im, 'ONBUILD with --from'],
];

/** What of a case Docker's builder does not know. */
export function unknownToDocker(testCase: Case): string | undefined {
  const text = readFileSync(join(testCase.folder, testCase.file ?? 'Dockerfile'), 'utf8');
  return SINCE.find(([pattern]) => pattern.test(text))?.[1];
}

export async function startDocker(folder: string, base: BaseImages): Promise<Builder> {
  const place = join(folder, 'docker');
  const [root, socket, log] = [join(place, 'root'), join(place, 'socket'), join(place, 'log')];
  await mkdir(root, { recursive: true });
  // A file system of its own: the daemon makes its root a mount, and its layers cannot lie on an overlay.
  await mustExec(['mount', '-t', 'tmpfs', 'tmpfs', root]);
  const places = ['--data-root', root, '--exec-root', join(place, 'exec'), '--pidfile', join(place, 'pid')];
  const quiet = ['--iptables=false', '--ip6tables=false', '--bridge=none', '-H', `unix://${socket}`];
  const output = openSync(log, 'a');
  const daemon = spawn('dockerd', [...places, ...quiet], { stdio: ['ignore', output, output] });
  const stop = async (): Promise<void> => {
    await end(daemon);
    await exec(['umount', '--lazy', root]);
  };
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: '1', HOME: place };
  const docker = (...args: string[]): Promise<string> => mustExec([CLIENT, ...args], { env });
  try {
    await answering(daemon, () => exec([CLIENT, 'info'], { env }), log);
    const images = { base: [base.baseLayers, {}], dressed: [base.dressedLayers, DRESSED_CONFIG] } as const;
    for (const [name, [layers, config]] of Object.entries(images)) {
      await writeFile(join(place, `${name}.tar`), dockerArchive(`${name}:latest`, layers, config));
      await docker('load', '--input', join(place, `${name}.tar`));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    owner: ROOT,
    stop,
    build: async (testCase, context, scratch) => {
      const name = `case:${testCase.name}`;
      const target = testCase.target === undefined ? [] : ['--target', testCase.target];
      const args = Object.entries(testCase.buildArgs ?? {}).flatMap(([key, value]) => [
        '--build-arg',
        `${key}=${value}`,
      ]);
      const options = ['--progress=plain', '--no-cache', '--network=none', '--tag', name, ...target, ...args];
      const file = ['--file', join(context, testCase.file ?? 'Dockerfile')];
      const done = await exec([CLIENT, 'build', ...options, ...file, context], { env });
      if (done.status !== 0) return { kind: 'failed', status: done.status, output: done.output };
      const archive = join(scratch, 'image.tar');
      const saved = await exec([CLIENT, 'save', '--output', archive, name], { env });
      if (saved.output.includes(NO_LAYERS)) return { kind: 'image', image: await configOnly(docker, name) };
      if (saved.status !== 0) throw new Error(saved.output);
      return { kind: 'image', image: readDockerArchive(await readFile(archive)) };
    },
  };
}

async function configOnly(docker: (...args: string[]) => Promise<string>, name: string): Promise<BuiltImage> {
  const [image] = JSON.parse(await docker('image', 'inspect', name)) as [Record<string, unknown>];
  const { Id: id, Architecture: architecture, Os: os, Config: config } = image;
  return {
    id: String(id),
    tree: mergeLayers([]),
    config: printConfig(JSON.stringify({ architecture, os, config })),
  };
}

async function answering(
  daemon: ChildProcess,
  ask: () => Promise<{ status: number; output: string }>,
  log: string,
): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { status, output } = await ask();
    if (status === 0) return;
    if (daemon.exitCode !== null || Date.now() > until)
      throw new Error(`dockerd does not answer: ${output}\n${readFileSync(log, 'utf8')}`);
    await setTimeout(200);
  }
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  const gone = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await gone;
}
