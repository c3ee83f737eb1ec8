/** docs/cli.md says of every command and flag what it does, and of nothing that is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../support/process.ts';
import { PROGRAM, ROOT } from '../support/workbench.ts';

const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');

/** Name of a command → its help. Commands of commands are `outer inner`. */
let helps = new Map<string, string>();
beforeAll(async () => {
  helps = await helpsBelow([]);
});

async function helpsBelow(command: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await run([process.execPath, PROGRAM, ...command, '--help']);
  const list = stdout.split(/^Commands:\n/m)[1] ?? '';
  const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? '');
  const found = new Map<string, string>();
  for (const name of names.filter((each) => each !== 'help')) {
    const inner = await helpsBelow([...command, name]);
    for (const [path, help] of inner) found.set(path, help);
  }
  if (names.length === 0) found.set(command.join(' '), stdout);
  return found;
}

/** Flags as the page writes them: `-f`, `--file`. Help may break lines, but never within a flag. */
const flagsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?<=[\s`|,])--?[a-z][a-z-]*/g)].map(([flag]) => flag);

const flagsInHelp = (help: string): readonly string[] => {
  const options = help.split(/^Options:\n/m)[1] ?? '';
  const lines = options.split('\n').filter((line) => /^ {2}-/.test(line));
  const declared = lines.flatMap((line) => flagsOf(` ${line.trim().split(/ {2,}/)[0]}`));
  return declared.filter((flag) => flag !== '-h' && flag !== '--help');
};

const section = (name: string): string =>
  page.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';

/** What the first columns of the section's tables name. */
const flagsInSection = (name: string): readonly string[] =>
  section(name)
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .flatMap((line) => flagsOf(line.split(' | ')[0] ?? ''))
    .filter((flag) => flag !== '-');

test('docs/dockerfile.md and docs/complaints.md name tests that are there', () => {
  for (const name of ['dockerfile', 'complaints']) {
    const text = readFileSync(join(ROOT, `docs/${name}.md`), 'utf8');
    const named = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  }
});

describe('docs/cli.md', () => {
  test('has a section for every command, and its usage', () => {
    expect(helps.size).toBeGreaterThanOrEqual(13);
    for (const name of helps.keys()) expect(section(name), name).toContain(`decant ${name}`);
  });

  test('has every flag of every command, and no other', () => {
    for (const [name, help] of helps) {
      expect([...flagsInSection(name)].toSorted(), name).toEqual([...flagsInHelp(help)].toSorted());
    }
  });

  test('names every choice that a flag has', () => {
    for (const [name, help] of helps) {
      const isAsInBuild = /`--progress MODE` \| As in/.test(section(name));
      const text = isAsInBuild ? section(name) + section('build') : section(name);
      const lists = help.replaceAll(/\s+/g, ' ').matchAll(/choices: ((?:"[a-z-]+",? ?)+)/g);
      const words = [...lists].flatMap(([list]) =>
        [...list.matchAll(/"([a-z-]+)"/g)].map(([, word]) => word),
      );
      expect(
        words.filter((word) => !text.includes(`\`${word}\``)),
        name,
      ).toEqual([]);
    }
  });

  test('links to pages and sections that are there', () => {
    for (const [, target = ''] of page.matchAll(/\]\(([^)]+)\)/g)) {
      const [file = '', anchor] = target.split('#');
      const text = file === '' ? page : readFileSync(join(ROOT, 'docs', file), 'utf8');
      const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title.toLowerCase().replaceAll(' ', '-'),
      );
      if (anchor !== undefined) expect(titles, target).toContain(anchor);
    }
  });
});
