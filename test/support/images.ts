/** Looking into what was built, with a tar reader that is not the product's own. */
import { readTar } from '../differential/tar.ts';
import { mergeLayers, printTree } from '../differential/tree.ts';
import type { Ended } from './process.ts';
import type { Workbench } from './workbench.ts';

/** A flat archive as lines by path: `{'/a': 'file 0644 0:0 "text"'}`, without the root itself. */
export function listing(tar: Buffer): Record<string, string> {
  const lines = printTree(mergeLayers([readTar(tar)]), new Map());
  lines.delete('/');
  return Object.fromEntries(lines);
}

/** The text of one file of what `decant build` makes with these arguments. */
export async function treeText(bench: Workbench, args: readonly string[], path: string): Promise<string> {
  const { bytes } = await bench.need(['build', '-o', '-', ...args]);
  const file = readTar(bytes).find((member) => `/${member.path}` === path);
  if (!file) throw new Error(`what was built has no ${path}`);
  return file.content.toString();
}

/** Standard output of a program that must have succeeded. */
export function outputOf({ status, stdout, stderr }: Ended): string {
  if (status !== 0) throw new Error(`it ended with status ${status}: ${stderr}`);
  return stdout;
}
