/**
 * What the entry point cannot do without: the program that the config names, the interpreter that its first line names,
 * what wrappers and shell scripts start. Such programs are listed apart. Nothing else depends on this, so that what is
 * overlooked here makes a list longer, and no score wrong.
 */
import type { ContainerConfig } from '../oci/config.ts';
import type { FileEntry } from '../tree/entry.ts';
import { baseName } from '../tree/path.ts';
import { resolvePath, type Tree } from '../tree/tree.ts';
import type { Need } from './types.ts';

export interface NeedsInput {
  readonly tree: Tree;
  readonly config: ContainerConfig;
  /** In tree form. */
  readonly path: readonly string[];
  readonly content: (entry: FileEntry) => Uint8Array | undefined;
}

export interface Needs {
  /** Entry point and command. */
  readonly args: readonly string[];
  readonly needs: readonly Need[];
  /** The file that the container starts, where it is there. */
  readonly program?: string;
  /** Why a program, or an applet of one, is needed. */
  readonly reasonFor: (path: string, applet?: string) => string | undefined;
}

/** Programs that start the program behind them, and options of theirs that take a value. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  tini: /^-[peg]$/,
  'dumb-init': /^$/,
  'docker-init': /^$/,
  env: /^-[uCS]$/,
  exec: /^$/,
  nice: /^-n$/,
  nohup: /^$/,
  setsid: /^$/,
  timeout: /^-[ks]$/,
  stdbuf: /^-[ioe]$/,
  gosu: /^$/,
  'su-exec': /^$/,
  catatonit: /^$/,
  setpriv: /^$/,
};
const SHELL = /^(?:ba|da|a|z|k|mk)?sh$/;
const MAX_SCRIPT_BYTES = 256 * 1024;
const MAX_DEPTH = 8;

/** Files that `needsOf` wants to read, which only the config and the tree tell. */
export function wantedOfNeeds({ tree, config, path }: Omit<NeedsInput, 'content'>): ReadonlySet<FileEntry> {
  const words = [...(config.Entrypoint ?? []), ...(config.Cmd ?? []), ...(config.Healthcheck?.Test ?? [])];
  const wanted = new Set<FileEntry>();
  for (const word of words.flatMap((each) => each.split(/[\s;&|]+/))) {
    const file = locate(tree, path, word, config.WorkingDir);
    if (file && file.size <= MAX_SCRIPT_BYTES) wanted.add(file);
  }
  return wanted;
}

export function needsOf({ tree, config, path, content }: NeedsInput): Needs {
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const found = new Map<string, string>();
  const applets = new Map<string, string>();
  const directory = config.WorkingDir;

  const program = (name: string, reason: string, depth: number): FileEntry | undefined => {
    const file = locate(tree, path, name, directory);
    if (!file || depth > MAX_DEPTH) return undefined;
    if (!found.has(file.path)) found.set(file.path, reason);
    const applet = baseName(name);
    if (!applets.has(`${file.path}\0${applet}`)) applets.set(`${file.path}\0${applet}`, reason);
    const text = textOf(content(file));
    const [line = ''] = text.split('\n', 1);
    const [interpreter, ...rest] = line.startsWith('#!') ? line.slice(2).trim().split(/\s+/) : [];
    if (interpreter === undefined || interpreter === '') return file;
    const why = `is what /${file.path} begins with`;
    const real = program(interpreter, why, depth + 1);
    const words = rest.filter((word) => !word.startsWith('-') && !word.includes('='));
    const [named] = baseName(interpreter) === 'env' ? words : [];
    if (named !== undefined) program(named, why, depth + 1);
    if ((real && SHELL.test(baseName(interpreter))) || SHELL.test(named ?? ''))
      script(text, `is named in /${file.path}`, depth + 1);
    return file;
  };

  const script = (text: string, reason: string, depth: number): void => {
    for (const word of commandWords(text)) program(word, reason, depth);
  };

  const command = (words: readonly string[], reason: string, depth: number): FileEntry | undefined => {
    const [name, ...rest] = words;
    if (name === undefined || depth > MAX_DEPTH) return undefined;
    const file = program(name, reason, depth);
    const base = baseName(name);
    if (SHELL.test(base)) {
      const flag = rest.findIndex((word) => /^-[a-z]*c$/.test(word));
      if (flag >= 0) script(rest[flag + 1] ?? '', `is named in what ${base} -c runs`, depth + 1);
      else if (rest[0] !== undefined) program(rest[0], `is the script that ${base} runs`, depth + 1);
    }
    const values = WRAPPERS[base];
    if (values) {
      let at = 0;
      while (at < rest.length && ((rest[at] ?? '').startsWith('-') || /^\w+=/.test(rest[at] ?? '')))
        at += values.test(rest[at] ?? '') ? 2 : 1;
      if (['gosu', 'su-exec', 'timeout'].includes(base)) at += 1;
      command(rest.slice(at), `is what ${base} starts`, depth + 1);
    }
    return file;
  };

  const started = command(args, 'is what the image starts', 0);
  const [kind, ...test] = config.Healthcheck?.Test ?? [];
  if (kind === 'CMD') command(test, 'is what HEALTHCHECK runs', 0);
  else if (kind === 'CMD-SHELL') {
    program(config.Shell?.[0] ?? '/bin/sh', 'runs HEALTHCHECK', 0);
    script(test.join(' '), 'is named in HEALTHCHECK', 1);
  }
  return {
    args,
    needs: [...found].map(([file, reason]) => ({ path: file, reason })),
    ...(started && { program: started.path }),
    reasonFor: (file, applet) => (applet === undefined ? found.get(file) : applets.get(`${file}\0${applet}`)),
  };
}

/** The words of a shell's text that are commands: at the beginning of a line, behind a separator or a keyword. */
export function commandWords(text: string): readonly string[] {
  const plain = text.replace(/\\\n/g, ' ').replace(/(^|\s)#[^\n]*/g, '$1');
  const words = new Set<string>();
  const start =
    /(?:^|[;&|({`\n]|\$\(|\b(?:then|else|do|if|elif|while|until|exec|time|!)\s)\s*(?:\w+=\S*\s+)*((?:exec|command|nohup)\s+)*([\w./+-]+)/g;
  for (const match of plain.matchAll(start)) words.add(match[2] ?? '');
  return [...words].filter((word) => word !== '');
}

function locate(
  tree: Tree,
  path: readonly string[],
  name: string,
  directory: string | undefined,
): FileEntry | undefined {
  if (name === '') return undefined;
  const candidates = name.startsWith('/')
    ? [name]
    : name.includes('/')
      ? [`${directory ?? ''}/${name}`]
      : [...path.map((folder) => `${folder}/${name}`), `${directory ?? ''}/${name}`];
  for (const candidate of candidates) {
    try {
      const node = tree.get(resolvePath(tree, candidate));
      if (node?.type === 'file') return node;
    } catch {
      // A circle of links leads to nothing.
    }
  }
  return undefined;
}

function textOf(bytes: Uint8Array | undefined): string {
  if (!bytes || bytes[0] !== 0x23 || bytes[1] !== 0x21) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
