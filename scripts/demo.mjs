/**
 * The demo: the calculator built into a container image twice, once with everything that was needed to build it and once
 * poured into `scratch`; both run on the same expressions; both sizes side by side.
 *
 * Images are left in the store (`bin/decant images`), so that a second run is a matter of seconds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { need, ROOT, run, runMain, Stop } from './processes.mjs';
import { setUp } from './setup.mjs';

const DECANT = join(ROOT, 'bin/decant');
const EXAMPLE = join(ROOT, 'examples/calculator');
const BASE = 'debian:bookworm';
const SINGLE = { name: 'calculator:single', file: 'Dockerfile.single' };
const POURED = { name: 'calculator:poured', file: 'Dockerfile' };
const MAX_POURED_BYTES = 1_500_000;
const MIN_RATIO = 800;

await runMain(async () => {
  await setUp('demo');
  await ensureBase();
  for (const image of [SINGLE, POURED]) await build(image);
  const sameAnswers = await compareAnswers();
  const goodSizes = await compareSizes();
  return sameAnswers && goodSizes ? 0 : 1;
});

async function ensureBase() {
  if ((await run(DECANT, ['inspect', BASE])).status === 0) return;
  title(`${BASE}, composed from Debian's own packages (once)`);
  const { status } = await run(DECANT, ['base', 'build', BASE, '--progress', 'quiet'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Stop(`${BASE} could not be composed`, status);
}

async function build({ name, file }) {
  title(`${name}, from examples/calculator/${file}`);
  const options = ['--network', 'host', ...certificates(), ...proxies()];
  const args = ['build', ...options, '-t', name, '-f', join(EXAMPLE, file), EXAMPLE];
  const { status } = await run(DECANT, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Stop(`${name} could not be built`, status);
}

/** Where packages come over HTTPS through an intercepting proxy, RUN steps must trust what this machine trusts. */
function certificates() {
  return existsSync('/etc/ssl/certs/ca-certificates.crt') ? ['--ca-certificates', 'host'] : [];
}

function proxies() {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return names
    .filter((name) => process.env[name])
    .flatMap((name) => ['--build-arg', `${name}=${process.env[name]}`]);
}

async function compareAnswers() {
  title('the same expressions, asked of both images');
  const rows = readFileSync(join(EXAMPLE, 'expressions.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(' | ') && !line.startsWith('#'))
    .map((line) => line.split(' | '));
  const lines = [];
  let same = 0;
  for (const [expression, expected] of rows) {
    const answers = [await ask(SINGLE, expression), await ask(POURED, expression)];
    const isRight = answers.every((answer) => answer === expected);
    if (isRight) same += 1;
    else lines.push(`${red('✗')} ${expression} should be ${expected}, and is ${answers.join(' and ')}`);
    if (isRight && !expected.startsWith('error')) lines.push(`${green('✓')} ${expression} = ${expected}`);
    if (isRight && expected.startsWith('error')) lines.push(`${green('✓')} ${expression}  ${dim(expected)}`);
  }
  for (const line of lines) process.stdout.write(`  ${line}\n`);
  process.stdout.write(`  ${same} of ${rows.length} answers are right and the same\n`);
  return same === rows.length && rows.length >= 20;
}

/** What the calculator says: its answer, or its error, which must come with status 1. */
async function ask({ name }, expression) {
  const { status, stdout, stderr } = await run(DECANT, ['run', '--rm', name, '--', expression]);
  if (status === 0) return stdout.trim();
  return status === 1 ? stderr.trim() : `status ${status}: ${stderr.trim()}`;
}

async function compareSizes() {
  const { images, ratio } = JSON.parse(
    await need(DECANT, ['compare', '--format', 'json', SINGLE.name, POURED.name]),
  );
  title('what is shipped');
  const [single, poured] = images;
  const rows = [
    ['', 'single stage', 'poured', 'ratio'],
    ['unpacked', megabytes(single.unpackedSize), megabytes(poured.unpackedSize), times(ratio.unpacked)],
    ['packed', megabytes(single.packedSize), megabytes(poured.packedSize), times(ratio.packed)],
    ['files', String(single.files), String(poured.files), times(ratio.files)],
    ['layers', String(single.layers), String(poured.layers), ''],
  ];
  for (const [label, ...cells] of rows) {
    process.stdout.write(`  ${label.padEnd(10)}${cells.map((cell) => cell.padStart(14)).join('')}\n`);
  }
  const isSmall = poured.unpackedSize <= MAX_POURED_BYTES && ratio.unpacked >= MIN_RATIO;
  const verdict = `the poured image is ${Math.floor(ratio.unpacked)} times smaller`;
  process.stdout.write(
    `\n  ${isSmall ? green(verdict) : red(`${verdict}: at least ${MIN_RATIO} was promised`)}\n`,
  );
  return isSmall;
}

function megabytes(bytes) {
  return bytes >= 10_000_000 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

function times(ratio) {
  return `${Math.floor(ratio)} : 1`;
}

function title(text) {
  process.stdout.write(`\n${style('bold', text)}\n`);
}

function green(text) {
  return style('green', text);
}

function red(text) {
  return style('red', text);
}

function dim(text) {
  return style('dim', text);
}

function style(format, text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;
}
