/** The calculator answers its arguments: every expression is asked of both images. */
import { run } from '../processes.mjs';
import { DECANT } from './build.mjs';
import { readQuestions } from './examples.mjs';
import { check, dim, say } from './terminal.mjs';

export async function askCalculator(example) {
  const questions = readQuestions(example, 'expressions.txt');
  let same = 0;
  for (const [expression, expected] of questions) {
    const answers = [await ask(example.single, expression), await ask(example.poured, expression)];
    const isRight = answers.every((answer) => answer === expected);
    if (isRight) same += 1;
    if (!isRight) check(false, `${expression} should be ${expected}, and is ${answers.join(' and ')}`);
    else if (expected.startsWith('error')) check(true, `${expression}  ${dim(expected)}`);
    else check(true, `${expression} = ${expected}`);
  }
  say(`  ${same} of ${questions.length} answers are right and the same`);
  return same === questions.length && questions.length >= 20;
}

/** What it says: its answer, or its error, which must come with status 1. */
async function ask({ name }, expression) {
  const { status, stdout, stderr } = await run(DECANT, ['run', '--rm', name, '--', expression]);
  if (status === 0) return stdout.trim();
  return status === 1 ? stderr.trim() : `status ${status}: ${stderr.trim()}`;
}
