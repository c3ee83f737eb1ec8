/**
 * An apt of its own: a folder with a copy of this machine's package lists, unpacked, and an empty status file, so that
 * apt resolves as on a system where nothing is installed; and the same lists as a package index of decant.
 */
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildIndex } from '../../../src/debian/index-build.ts';
import { openIndex } from '../../../src/debian/index-file.ts';
import type { PackageIndex } from '../../../src/debian/package.ts';
import { type IndexPart, mergeIndexes } from '../../../src/debian/packages-index.ts';
import { readAptSources } from '../../../src/debian/apt-sources.ts';
import { mustRun, run } from '../../support/process.ts';

export interface AptAnswer {
  /** `name=version` of all that would be installed, sorted; empty where apt refuses. */
  readonly packages: readonly string[];
  readonly errors: string;
}

export interface PrivateApt {
  readonly architecture: string;
  readonly index: PackageIndex;
  /** What `apt-get install --no-install-recommends` chooses; it installs and fetches nothing. */
  readonly choose: (request: readonly string[]) => Promise<AptAnswer>;
  /** The same from `apt-get -s`, which also works out the order of unpacking and takes three times as long. */
  readonly simulate: (request: readonly string[]) => Promise<AptAnswer>;
  readonly remove: () => void;
}

const LISTS = '/var/lib/apt/lists';

export async function createPrivateApt(): Promise<PrivateApt> {
  const folder = mkdtempSync(join(tmpdir(), 'decant-apt-'));
  const architecture = (await mustRun(['dpkg', '--print-architecture'])).stdout.trim();
  for (const name of [
    'state/lists/partial',
    'cache/archives/partial',
    'etc/apt.conf.d',
    'etc/preferences.d',
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const name of ['sources.list', 'sources.list.d', 'trusted.gpg.d']) {
    symlinkSync(join('/etc/apt', name), join(folder, 'etc', name));
  }
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'apt.conf'), configuration(folder, architecture));
  const lists = await copyLists(join(folder, 'state/lists'), architecture);
  const index = mergeIndexes(architecture, await readLists(lists, folder, architecture));
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
  await mustRun(['apt-get', 'check'], { env });

  const ask = async (flags: readonly string[], request: readonly string[]): Promise<string | AptAnswer> => {
    const ended = await run(['apt-get', 'install', ...flags, '--', ...request], { env });
    return ended.status === 0 ? ended.stdout : { packages: [], errors: ended.stdout + ended.stderr };
  };
  return {
    architecture,
    index,
    choose: async (request) => {
      const answer = await ask(['--print-uris', '-qq'], request);
      return typeof answer === 'string'
        ? answerOf(answer, /^'[^']*' ([^_ ]+)_([^_ ]+)_[^_ ]+\.deb /gm)
        : answer;
    },
    simulate: async (request) => {
      const answer = await ask(['-s'], request);
      return typeof answer === 'string' ? answerOf(answer, /^Inst (\S+) \((\S+) /gm) : answer;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Work on items side by side, as many as there are processors. */
export async function sideBySide<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(cpus().map(worker));
  return results;
}

/** The cache files are kept: containers often turn them off, and then each run would build them anew. */
function configuration(folder: string, architecture: string): string {
  return `
Dir::Etc "${folder}/etc";
Dir::State "${folder}/state";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Bin::dpkg "/bin/false";
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Debug::NoLocking "true";
`;
}

/** Unpacked once here, or apt would unpack them in every run. Gives the paths of the package lists. */
async function copyLists(folder: string, architecture: string): Promise<readonly string[]> {
  const copied: string[] = [];
  for (const name of readdirSync(LISTS)) {
    if (/_(?:In)?Release(?:\.gpg)?$/.test(name)) symlinkSync(join(LISTS, name), join(folder, name));
    const [plain] = new RegExp(`^.*_binary-${architecture}_Packages`).exec(name) ?? [];
    if (plain === undefined) continue;
    const path = join(folder, plain);
    const { bytes } = await run(['/usr/lib/apt/apt-helper', 'cat-file', join(LISTS, name)]);
    writeFileSync(path, bytes);
    copied.push(path);
  }
  if (copied.length === 0) throw new Error(`${LISTS} has no package lists: run apt-get update`);
  return copied;
}

/** In the order of apt's sources. */
async function readLists(
  lists: readonly string[],
  folder: string,
  architecture: string,
): Promise<readonly IndexPart[]> {
  const parts: IndexPart[] = [];
  for (const source of readAptSources()) {
    for (const list of lists.filter((path) =>
      path.includes(`_dists_${source.suite.replaceAll('/', '_')}_`),
    )) {
      const file = join(folder, `index-${parts.length}`);
      const built = buildIndex(createReadStream(list), architecture, list);
      await pipeline(Readable.from(built), createWriteStream(file));
      const reader = openIndex(file);
      if (!reader) throw new Error(`the index of ${list} cannot be read`);
      parts.push({ reader, source });
    }
  }
  return parts;
}

function answerOf(text: string, line: RegExp): AptAnswer {
  const packages = [...text.matchAll(line)].map(
    ([, name, version]) => `${name}=${decodeURIComponent(version ?? '')}`,
  );
  return { packages: packages.toSorted(), errors: '' };
}
