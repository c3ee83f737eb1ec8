/** What a program has left behind: processes and mounts, known by a word in them. */
import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose arguments or mounts name the text; zombies, which are gone but for their parent, not among them. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    if (/^State:\s+Z/m.test(readIfThere(`/proc/${pid}/status`))) return false;
    // Between arguments there is a NUL.
    return ['cmdline', 'mountinfo'].some((name) =>
      readIfThere(`/proc/${pid}/${name}`).replaceAll('\0', ' ').includes(text),
    );
  });
}

/** Mounts below the folder, as the tests see them. */
export function mountsBelow(folder: string): readonly string[] {
  return readIfThere('/proc/self/mounts')
    .split('\n')
    .filter((line) => line.includes(` ${folder}/`));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
