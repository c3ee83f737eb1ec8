/** `decant load` */
import { DecantError } from '../../errors.ts';
import { formatJson } from '../../report/text/json.ts';
import { onInterrupt } from '../interrupt.ts';
import { print, standardInput } from '../io.ts';
import { withStore } from '../store.ts';
import { openFile } from '../open-file.ts';

export async function command(flags: {
  readonly input?: string;
  readonly format: 'text' | 'json';
}): Promise<void> {
  if (flags.input === undefined && standardInput().isTTY) {
    throw new DecantError('USAGE', 'there is no archive on standard input', {
      hint: 'name a file with -i FILE',
    });
  }
  const interruption = onInterrupt();
  try {
    await withStore(async (store) => {
      const source = flags.input === undefined ? standardInput() : await openFile(flags.input);
      const loaded = await store.importLayout(source, {
        name: flags.input ?? 'the archive on standard input',
        signal: interruption.signal,
      });
      const rows = loaded.map(({ names, descriptor }) => ({ names, digest: descriptor.digest }));
      if (flags.format === 'json') print(formatJson(rows));
      else
        for (const { names, digest } of rows) print(`loaded ${names.length > 0 ? names.join(', ') : digest}`);
    });
  } finally {
    interruption.dispose();
  }
}
