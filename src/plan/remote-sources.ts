/** Sources of ADD that are no files of a tree: git repositories and URLs (Dockerfile reference, "ADD"). */
import { parseGitReference } from '../dockerfile/git-reference.ts';
import type { AddInstruction, CopyInstruction } from '../dockerfile/instruction.ts';
import type { Place } from '../errors.ts';
import type { CopyFrom } from './operation.ts';
import type { Planner } from './stage-state.ts';
import { invalid } from './stage-state.ts';

/**
 * Tells what a source is, given as it stands after expansion; undefined for a path.
 *
 * @throws DecantError DOCKERFILE_SYNTAX, for COPY too, which takes paths only
 */
export function remoteSources(
  planner: Planner,
  instruction: CopyInstruction | AddInstruction,
  word: (text: string) => string,
  place: Place,
): (source: string) => CopyFrom | undefined {
  const add = instruction.kind === 'add' ? instruction : undefined;
  const checksum = add?.checksum === undefined ? undefined : word(add.checksum);
  if (checksum !== undefined) checkChecksum(instruction, word);
  return (source) => {
    const git = parseGitReference(source);
    if (!git && !isUrl(source)) return undefined;
    if (!add) throw invalid(`source can't be a ${git ? 'git ref' : 'URL'} for COPY`, 'ADD takes it');
    if (!git) {
      const name = fileName(source);
      if (checksum !== undefined && !DIGEST.test(checksum))
        throw invalid(`invalid checksum "${checksum}"`, 'write sha256: and 64 hexadecimal digits');
      const from = planner.graph.remote({ type: 'http', url: source, name, checksum }, place);
      return { type: 'path', from, pattern: escaped(name), isPacked: add.unpack !== true };
    }
    const reference = {
      ...git,
      ...agreed('keepGitDir', git.keepGitDir, add.keepGitDir, 'inconsistent keep-git-dir configuration'),
      ...agreed('checksum', git.checksum, checksum, `checksum mismatch "${checksum}" != "${git.checksum}"`),
    };
    return { type: 'path', from: planner.graph.remote({ type: 'git', reference }, place), pattern: '/' };
  };
}

function checkChecksum({ sources }: CopyInstruction | AddInstruction, word: (text: string) => string): void {
  if (sources.length !== 1) throw invalid("checksum can't be specified for multiple sources");
  const source = word(sources[0] ?? '');
  if (!isUrl(source) && !parseGitReference(source)) throw invalid('checksum requires HTTP(S) or Git sources');
}

/** A value that the address and the flag may both give, and then must give alike. */
function agreed<K extends string, T>(
  key: K,
  inAddress: T | undefined,
  inFlag: T | undefined,
  conflict: string,
): { readonly [P in K]?: T } {
  if (inAddress !== undefined && inFlag !== undefined && inAddress !== inFlag) throw invalid(conflict);
  const value = inAddress ?? inFlag;
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
}

const DIGEST = /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** The last part of the path, as BuildKit names the file. */
function fileName(source: string): string {
  const { pathname } = addressOf(source);
  let path = pathname;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    // Not every percent sign is an escape; the name is then what stands there.
  }
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return name === '' || name === '.' || name === '..' || name.includes('\0') ? '__unnamed__' : name;
}

function addressOf(source: string): URL {
  try {
    return new URL(source);
  } catch {
    throw invalid(`${JSON.stringify(source)} is not an address`);
  }
}

/** The name is no pattern. */
function escaped(name: string): string {
  return name.replace(/[\\*?[]/g, '\\$&');
}

function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}
