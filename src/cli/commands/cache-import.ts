/** `decant cache import` */
import { importCache } from '../../engine/cache-archive.ts';
import { DecantError } from '../../errors.ts';
import { withCaches } from '../cache-mounts.ts';
import { onInterrupt } from '../interrupt.ts';
import { standardInput } from '../io.ts';
import { openFile } from '../open-file.ts';

interface Flags {
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: string;
}

export function command(id: string, file: string, flags: Flags): Promise<number> {
  const uid = numberOf(flags.uid, '--uid', /^\d{1,9}$/, 10);
  const gid = numberOf(flags.gid, '--gid', /^\d{1,9}$/, 10);
  const mode = numberOf(flags.mode, '--mode', /^[0-7]{1,4}$/, 8);
  return withCaches(async (store, userNamespace) => {
    const interruption = onInterrupt();
    try {
      await importCache({
        store,
        identity: { id, mode, uid, gid },
        archive: file === '-' ? standardInput() : await openFile(file),
        what: file === '-' ? 'the archive on standard input' : file,
        userNamespace,
        signal: interruption.signal,
      });
    } finally {
      interruption.dispose();
    }
  });
}

function numberOf(text: string | undefined, flag: string, form: RegExp, radix: 8 | 10): number | undefined {
  if (text === undefined) return undefined;
  if (form.test(text)) return Number.parseInt(text, radix);
  throw new DecantError('USAGE', `${flag} "${text}" is not a number`, {
    hint: radix === 8 ? 'a mode is octal, such as 0700' : 'give the number that the mount has',
  });
}
