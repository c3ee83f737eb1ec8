/** The licences of what is bundled, beside it: those who made it ask for that. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of Rolldown's plugins that is used. */
interface Plugin {
  readonly name: string;
  generateBundle(
    this: { emitFile: (file: { type: 'asset'; fileName: string; source: string }) => string },
    options: unknown,
    bundle: Readonly<Record<string, { readonly moduleIds?: readonly string[] }>>,
  ): void;
}

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENSE_FILE = /^licen[cs]e/i;

/** @param copied Files of packages that go along without being bundled. */
export function licenses(copied: readonly string[]): Plugin {
  return {
    name: 'licenses',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap(({ moduleIds }) => moduleIds ?? []);
      const folders = [...modules, ...copied.map((file) => join(process.cwd(), file))].flatMap(
        (file) => PACKAGE.exec(file)?.[1] ?? [],
      );
      const texts = [...new Set(folders)].map(textOf).sort();
      this.emitFile({
        type: 'asset',
        fileName: 'LICENSES.txt',
        source: texts.join(`\n${'-'.repeat(80)}\n\n`),
      });
    },
  };
}

/** The text of its licence, or its name where the package has no more. */
function textOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0 && license === undefined) throw new Error(`${name} ${version} has no licence`);
  return `${name} ${version}\n\n${texts.join('\n\n') || license}\n`;
}
