/**
 * What BuildKit's linter says of every Dockerfile in test/fixtures/lint, recorded, and what decant says: the same rules,
 * messages and lines. Where BuildKit goes on to an error, decant ends in one too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkDockerfile } from '../../src/check/check.ts';
import { platformText } from '../../src/plan/lint-options.ts';
import type { BaseKnowledge } from '../../src/check/base.ts';
import { createMatcher, parseIgnoreFile } from '../../src/dockerfile/ignore.ts';
import { parsePlatform } from '../../src/oci/platform.ts';

interface Options {
  readonly target?: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, Image>>;
}

interface Image {
  readonly Env: readonly string[];
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
  readonly Platform?: string;
}

interface Expected {
  readonly findings: readonly { rule: string; message: string; start: number; end: number }[];
  readonly error?: { readonly message: string };
}

const FOLDER = new URL('../fixtures/lint/', import.meta.url);
const cases = readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);

function read(path: string): string | undefined {
  const url = new URL(path, FOLDER);
  return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
}

/** Where both are right to differ. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'skip-spaces': 'BuildKit reads the value of a directive only up to its first blank',
  'undefined-var-in-mount': 'an unset target is refused when the step is planned',
};

/** decant parses the whole file before it checks any of it. */
const NOTHING_BEFORE: ReadonlySet<string> = new Set(['parse-error']);

async function check(name: string) {
  const options = JSON.parse(read(`${name}/options.json`) ?? '{}') as Options;
  const ignore = read(`${name}/dockerignore`);
  const images = options.images ?? {};
  const platform = parsePlatform('linux/amd64');
  return checkDockerfile({
    source: read(`${name}/Dockerfile`) ?? '',
    file: 'Dockerfile',
    target: options.target,
    buildArguments: new Map(Object.entries(options.buildArguments ?? {})),
    platform,
    buildPlatform: platform,
    ignore: ignore === undefined ? undefined : createMatcher(parseIgnoreFile(ignore)),
    findBase: (image) => Promise.resolve(knowledge(images[image] ?? { Env: [] })),
  });
}

function knowledge({ Env, Shell, OnBuild, Platform }: Image): BaseKnowledge {
  return {
    env: Env,
    shell: Shell,
    onBuild: OnBuild,
    platform: Platform === undefined ? undefined : platformText(parsePlatform(Platform)),
    inside: () => Promise.resolve({ hasProgram: () => undefined }),
    accounts: () => Promise.resolve(undefined),
  };
}

describe.each(cases)('%s', (name) => {
  test(DIFFERENT[name] ?? 'is seen as BuildKit sees it', async () => {
    const { findings, error } = await check(name);
    const expected = JSON.parse(read(`${name}/expected.json`) ?? '') as Expected;
    if (name in DIFFERENT) return expect(error === undefined).not.toBe(expected.error === undefined);
    expect(error === undefined).toBe(expected.error === undefined);
    if (NOTHING_BEFORE.has(name)) return;
    const seen = findings
      .filter(({ rule }) => rule.origin === 'buildkit')
      .map(({ rule, message, lines }) => ({ rule: rule.name, message, start: lines.start, end: lines.end }));
    expect(seen).toEqual(expected.findings);
  });
});
