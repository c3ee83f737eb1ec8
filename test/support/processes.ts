/** What runs on this machine, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Of every process that can be seen. */
export function commandLines(): readonly string[] {
  return processes().map((pid) =>
    readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .replaceAll('\0', ' ')
      .trim(),
  );
}

/** What is open, or a root or working directory, below a folder. */
export function openFiles(folder: string): readonly string[] {
  const links = processes().flatMap((pid) => {
    const files = namesIn(`/proc/${pid}/fd`).map((name) => `fd/${name}`);
    return ['cwd', 'root', ...files].map((name) => readOr(() => readlinkSync(`/proc/${pid}/${name}`)));
  });
  return links.filter((link) => link.startsWith(folder));
}

function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Processes end while one looks. */
function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
