/** Programs out of Debian packages, the base that they ask for, and how they fare on a recipe. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from './process.ts';
import type { Workbench } from './workbench.ts';

/** What `decant base suggest --format json` answers. */
export interface Suggested {
  readonly suite: string;
  readonly platform: string;
  readonly base: string;
  readonly scratch: boolean;
  readonly packages: readonly { readonly name: string }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly kind: string; readonly text: string }[];
  readonly recipe: string | null;
}

/** Takes files out of Debian packages, each into a folder of its own. */
export async function taken(
  bench: Workbench,
  { from, packages }: { readonly from: string; readonly packages: readonly string[] },
  paths: Readonly<Record<string, string>>,
  platform = 'linux/amd64',
): Promise<void> {
  writeFileSync(bench.path('from.yaml'), `from: ${from}\npackages: [${packages.join(', ')}]\n`);
  const flags = ['--platform', platform, '--progress', 'quiet'];
  await bench.need(['base', 'build', 'from.yaml', ...flags]);
  const copies = Object.entries(paths).map(([name, path]) => `COPY --from=a ${path} /${name}/\n`);
  const context = bench.files({ Dockerfile: `FROM from AS a\nFROM scratch\n${copies.join('')}` });
  await bench.need(['build', '-o', `type=local,dest=${bench.folder}`, ...flags, context]);
}

/** The answer, whether something is missing or not. */
export async function suggested(bench: Workbench, ...args: readonly string[]): Promise<Suggested> {
  const { stdout } = await bench.decant([
    'base',
    'suggest',
    ...args,
    '--format',
    'json',
    '--progress',
    'quiet',
  ]);
  return JSON.parse(stdout) as Suggested;
}

/** Builds a recipe, puts the folder on it, and runs something there. */
export async function runOn(
  bench: Workbench,
  recipe: string,
  name: string,
  command: readonly string[],
): Promise<Ended> {
  const folder = bench.path(name);
  writeFileSync(bench.path('tried.yaml'), recipe);
  await bench.need(['base', 'build', 'tried.yaml', '-t', 'tried:base', '--progress', 'quiet']);
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM tried:base\nCOPY . /app\nENTRYPOINT []\nCMD ${JSON.stringify(command)}\n`,
  );
  await bench.need(['build', '-t', 'tried:app', '--progress', 'quiet', folder]);
  return bench.decant(['run', 'tried:app']);
}

/** The recipe with one package less. */
export const without = (recipe: string, name: string): string =>
  recipe.replace(`  - ${name}\n`, '').replace(/packages:\n(?=(?:\s*#.*\n)*(?![\s#]))/, '');
