/**
 * What the demo can show. Every folder of `examples/` is one, with its two Dockerfiles and what to ask of it:
 * `expressions.txt` for a program that answers its arguments, `requests.txt` for an HTTP service.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../processes.mjs';

export const EXAMPLES = [
  // What was promised of the calculator is checked: its size in bytes, and how many times smaller it is.
  { name: 'calculator', language: 'Go', onto: 'scratch', promised: { bytes: 1_500_000, ratio: 800 } },
  { name: 'c-clock', language: 'C', onto: 'static' },
  { name: 'rust-factors', language: 'Rust', onto: 'cc' },
  { name: 'python-units', language: 'Python', onto: 'python3' },
  { name: 'node-checksums', language: 'Node.js', onto: 'nodejs' },
  { name: 'java-weekdays', language: 'Java', onto: 'java17' },
].map((example) => ({
  ...example,
  folder: join(ROOT, 'examples', example.name),
  single: { name: `${example.name}:single`, file: 'Dockerfile.single' },
  poured: { name: `${example.name}:poured`, file: 'Dockerfile' },
}));

export function findExample(name) {
  return EXAMPLES.find((example) => example.name === name);
}

/** The fields of a file of questions, line by line, without its comments. */
export function readQuestions({ folder }, file) {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line.includes(' |') && !line.startsWith('#'))
    .map((line) => line.split('|').map((field) => field.trim()));
}
