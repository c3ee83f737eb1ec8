/**
 * Building an example both ways. What this machine needs to reach package mirrors and registries (certificates,
 * proxies, an index of its own) is read from its set-up and lent to the build: none of it stands in a Dockerfile.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, ROOT, run, Stop } from '../processes.mjs';
import { title } from './terminal.mjs';

export const DECANT = join(ROOT, 'bin/decant');

const BASE = 'debian:bookworm';
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** The build argument that a Dockerfile declares → how to ask this machine for it. */
const SETTINGS = {
  PIP_INDEX_URL: [['pip3', 'pip'], 'config', 'get', 'global.index-url'],
  PIP_TRUSTED_HOST: [['pip3', 'pip'], 'config', 'get', 'global.trusted-host'],
  NPM_CONFIG_REGISTRY: [['npm'], 'config', 'get', 'registry'],
};

export async function ensureBase() {
  if ((await run(DECANT, ['inspect', BASE])).status === 0) return;
  title(`${BASE}, composed from Debian's own packages (once)`);
  const { status } = await run(DECANT, ['base', 'build', BASE, '--progress', 'quiet'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Stop(`${BASE} could not be composed`, status);
}

/** Resolves to the seconds that both builds took. */
export async function buildBoth(example) {
  const start = performance.now();
  for (const image of [example.single, example.poured]) await build(example, image);
  return (performance.now() - start) / 1000;
}

async function build({ name: folderName, folder }, { name, file }) {
  title(`${name}, from examples/${folderName}/${file}`);
  const path = join(folder, file);
  const env = await settings(readFileSync(path, 'utf8'));
  const given = [...PROXIES.filter((variable) => process.env[variable]), ...Object.keys(env)];
  const options = ['--network', 'host', '--bases', 'compose', ...certificates()];
  // By name alone: values are taken from the environment, where they are nobody else's to read.
  const args = ['build', ...options, ...given.flatMap((variable) => ['--build-arg', variable])];
  const { status } = await run(DECANT, [...args, '-t', name, '-f', path, folder], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Stop(`${name} could not be built`, status);
}

/** Where packages come over HTTPS through an intercepting proxy, RUN steps must trust what this machine trusts. */
function certificates() {
  return existsSync('/etc/ssl/certs/ca-certificates.crt') ? ['--ca-certificates', 'host'] : [];
}

/** What the Dockerfile has a build argument for and this machine a value: the variable's own, else its set-up's. */
async function settings(dockerfile) {
  const found = {};
  for (const [variable, [programs, ...args]] of Object.entries(SETTINGS)) {
    if (!new RegExp(`^ARG ${variable}\\b`, 'm').test(dockerfile)) continue;
    const value = process.env[variable] ?? (await answer(programs, args));
    if (value) found[variable] = value;
  }
  return found;
}

/** What the first of the programs that is there says; nothing where it has no such setting. */
async function answer(programs, args) {
  const program = programs.map(findProgram).find(Boolean);
  if (!program) return '';
  const { status, stdout } = await run(program, args);
  return status === 0 && stdout.trim() !== 'undefined' ? stdout.trim() : '';
}
