/** `decant db import` */
import { importFile } from '../../vulnerabilities/import.ts';
import { formatSource, sourceJson } from '../format/advisories.ts';
import { print, standardInput } from '../io.ts';
import { openFile } from '../open-file.ts';
import { withStore } from '../store.ts';

interface Flags {
  readonly name?: string;
  readonly format: 'text' | 'json';
}

export async function command(file: string, flags: Flags): Promise<void> {
  const source = await withStore(async (store) => {
    const bytes = file === '-' ? standardInput() : await openFile(file);
    return importFile(bytes, file === '-' ? 'standard input' : file, {
      store,
      name: flags.name,
      now: new Date(),
    });
  });
  print(flags.format === 'json' ? sourceJson(source) : formatSource(source));
}
