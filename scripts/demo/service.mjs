/**
 * HTTP services: started from both images on ports that are free, asked the same, and ended as an orchestrator ends
 * them, with SIGTERM. Every one says on standard output which port it has got and whom it runs as.
 */
import { spawn } from 'node:child_process';
import { ROOT, Stop } from '../processes.mjs';
import { DECANT } from './build.mjs';
import { readQuestions } from './examples.mjs';
import { check, dim, say } from './terminal.mjs';

const START_MS = 300_000;
const ANSWER_MS = 60_000;
const END_MS = 10_000;
const LISTENING = /^listening on port (\d+) as user (\d+)$/m;

export async function askService(example) {
  const questions = readQuestions(example, 'requests.txt');
  const single = await answersOf(example.single, questions);
  const poured = await answersOf(example.poured, questions);
  let same = 0;
  for (const [index, [path, status, text]] of questions.entries()) {
    const expected = text === '' ? status : `${status} ${text}`;
    const answers = [single.answers[index], poured.answers[index]];
    // Where no text is expected, the status and that both say the same is what counts.
    const isRight = answers.every(
      (answer) =>
        answer === answers[0] && (answer === expected || (text === '' && answer.startsWith(status))),
    );
    if (isRight) same += 1;
    if (isRight) check(true, `GET ${path}  ${status === '200' ? text : dim(expected)}`);
    else check(false, `GET ${path} should be ${expected}, and is ${answers.join(' and ')}`);
  }
  say(`  ${same} of ${questions.length} answers are right and the same`);
  const isUnprivileged = check(
    poured.user !== '0',
    `the poured one runs as user ${poured.user}, the other as ${single.user}`,
  );
  return same === questions.length && same > 0 && isUnprivileged;
}

async function answersOf({ name }, questions) {
  const service = await startService(name);
  try {
    const answers = [];
    for (const [path] of questions) answers.push(await get(service.port, path));
    return { answers, user: service.user };
  } finally {
    await service.end();
  }
}

async function get(port, path) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return `${response.status} ${(await response.text()).trim()}`.trim();
  } catch (error) {
    return `no answer (${error.cause?.message ?? error.message})`;
  }
}

async function startService(name) {
  const child = spawn(DECANT, ['run', '--rm', '--env', 'PORT=0', name], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // Whoever interrupts the demo leaves no service behind.
  const interrupt = (signal) => {
    child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  const end = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
  };
  try {
    const [, port, user] = await said(child, ended);
    return { port, user, end };
  } catch (error) {
    await end();
    throw new Stop(`${name} ${error.message}`);
  }
}

/** Resolves to the match, once the service says that it listens. */
function said(child, ended) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`does not listen after ${START_MS / 1000} s\n${text}`)),
      START_MS,
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more) => {
        text += more;
        const match = LISTENING.exec(text);
        if (match) resolve(match);
      });
    }
    ended
      .then(
        () => reject(new Error(`ended before it was listening\n${text.trimEnd()}`)),
        (error) => reject(new Error(`cannot be started: ${error.message}`)),
      )
      .finally(() => clearTimeout(timer));
  });
}
