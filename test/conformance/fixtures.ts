/** Folders with a Dockerfile, the images it stands on, and what BuildKit says of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { BaseKnowledge } from '../../src/check/base.ts';
import { checkDockerfile, type CheckReport } from '../../src/check/check.ts';
import { createMatcher, parseIgnoreFile } from '../../src/dockerfile/ignore.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { platformText } from '../../src/plan/lint-options.ts';

export interface Options {
  readonly target?: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, Image>>;
}

export interface Image {
  readonly Env: readonly string[];
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
  readonly Platform?: string;
}

export interface Expected {
  readonly findings: readonly { rule: string; message: string; start: number; end: number }[];
  readonly error?: { readonly message: string };
  readonly targets?: readonly object[];
  readonly outline?: {
    readonly name?: string;
    readonly description?: string;
    readonly args?: readonly object[];
    readonly secrets?: readonly object[];
    readonly ssh?: readonly object[];
  };
}

export interface Case {
  readonly name: string;
  readonly source: string;
  readonly options: Options;
  readonly ignore: string | undefined;
  readonly expected: Expected;
}

export const PLATFORM = parsePlatform('linux/amd64');

export function casesIn(folder: string): readonly Case[] {
  const root = new URL(`../fixtures/${folder}/`, import.meta.url);
  const read = (path: string): string | undefined => {
    const url = new URL(path, root);
    return existsSync(url) ? readFileSync(url, 'utf8') : undefined;
  };
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => ({
    name,
    source: read(`${name}/Dockerfile`) ?? '',
    options: JSON.parse(read(`${name}/options.json`) ?? '{}') as Options,
    ignore: read(`${name}/dockerignore`),
    expected: JSON.parse(read(`${name}/expected.json`) ?? '') as Expected,
  }));
}

export function checkCase({ source, options, ignore }: Case): Promise<CheckReport> {
  const images = options.images ?? {};
  return checkDockerfile({
    source,
    file: 'Dockerfile',
    target: options.target,
    buildArguments: new Map(Object.entries(options.buildArguments ?? {})),
    platform: PLATFORM,
    buildPlatform: PLATFORM,
    ignore: ignore === undefined ? undefined : createMatcher(parseIgnoreFile(ignore)),
    findBase: (name) => Promise.resolve(knowledge(images[name] ?? { Env: [] })),
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

/** Findings as they are recorded. */
export function recorded({ findings }: CheckReport): Expected['findings'] {
  return findings
    .filter(({ rule }) => rule.origin === 'buildkit')
    .map(({ rule, message, lines }) => ({
      rule: rule.name,
      message,
      start: lines.start,
      end: lines.end,
    }));
}
