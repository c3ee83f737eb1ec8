/**
 * What an application needs of the base below it, found by reading its files: executables and libraries, also inside
 * of jars and wheels; modules and addons of runtimes; scripts. What the loader makes of it is loader.ts's.
 */
import { isElf } from '../../codec/elf.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { baseName } from '../../tree/path.ts';
import { type Tree, walk } from '../../tree/tree.ts';
import { namedNeeds } from './dlopened.ts';
import type { ApplicationFacts, NamedNeed, NativeObject, RuntimeNeed, ScriptNeed } from './facts.ts';
import { classVersion, isClassName, javaNeed } from './java.ts';
import { machineOf, machineOfPlatform } from './machine.ts';
import { archiveMembers, isArchiveName } from '../contents/members.ts';
import { readNative } from './native.ts';
import { isNodeManifest, nodeByManifest, nodeByObject } from './node.ts';
import { distributionFiles } from './owned.ts';
import { distributionOf, isPythonMetadata, pythonByMetadata, pythonByName } from './python.ts';
import { readHead, readWhole } from '../contents/read.ts';
import { languageOf, runtimeByName, scriptNeeds } from './scripts.ts';
import { ofOneMachine } from './set-aside.ts';

export interface ApplicationInput {
  readonly tree: Tree;
  readonly open: OpenContent;
  /** Programs that an image starts, in tree form: looked at whoever they belong to. */
  readonly started?: readonly string[];
  /** As images name it; without it what most of the programs are for. */
  readonly platform?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws ARCHIVE_TOO_LARGE, INTERRUPTED, and what opening contents throws. */
export async function inspectApplication(input: ApplicationInput): Promise<ApplicationFacts> {
  const { tree, open, started = [] } = input;
  const found = createFindings();
  const isDistribution = await distributionFiles(input);
  for (const node of walk(tree)) {
    input.signal?.throwIfAborted();
    if (node.type !== 'file' || node.size === 0) continue;
    const isStarted = started.includes(node.path);
    if (!isStarted && isDistribution?.(node.path)) continue;
    // A runtime that came with the distribution is asked for as a runtime, not taken as a program.
    const language = isStarted && isDistribution?.(node.path) ? languageOf(node.path) : undefined;
    if (language) found.runtime({ language, path: node.path, reason: 'is what the image starts' });
    else await look(found, open, node, isDistribution === undefined || isStarted);
  }
  return found.facts(input.platform);
}

type Findings = ReturnType<typeof createFindings>;

async function look(found: Findings, open: OpenContent, file: FileEntry, scripts: boolean): Promise<void> {
  const { path } = file;
  lookAtName(found, path);
  if (isArchiveName(path)) {
    lookIntoArchive(found, await readWhole(open, file), path);
    return;
  }
  if (isPythonMetadata(path) || isNodeManifest(path)) {
    lookAtText(found, path, (await readWhole(open, file, MAX_TEXT_BYTES)).toString('utf8'));
    return;
  }
  const head = await readHead(open, file);
  if (isElf(head)) {
    found.native(readNative(await readWhole(open, file), path, (file.mode & 0o111) !== 0));
  } else if (path.endsWith('.class')) {
    if (isClassName(path)) found.runtime(javaNeed(path, classVersion(head)));
  } else if (scripts && (file.mode & 0o111) !== 0 && !OF_OTHERS.test(path)) {
    const { runtime, scripts: needs } = scriptNeeds(path, head);
    if (runtime) found.runtime(runtime);
    for (const need of needs) found.script(need);
  }
}

const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Scripts that come with libraries, and are not what the application is started by. */
const OF_OTHERS = /(?:^|\/)(?:node_modules|site-packages|dist-packages|\.git|\.?venv|env)\//;

function lookAtName(found: Findings, path: string): void {
  const python = path.includes('node_modules/') ? undefined : pythonByName(path);
  if (python) found.runtime(python);
  // A program's only file says what it is by its name; among others, JavaScript is mostly for browsers.
  const byName = path.includes('/') ? undefined : runtimeByName(path);
  if (byName) found.runtime(byName);
  const distribution = distributionOf(path);
  if (distribution && /^(?:METADATA|PKG-INFO)$/.test(baseName(path))) found.distribution(distribution, path);
  for (const need of namedNeeds({ path })) found.named(need);
}

function lookAtText(found: Findings, path: string, text: string): void {
  const need = isNodeManifest(path) ? nodeByManifest(path, text) : pythonByMetadata(path, text);
  if (need) found.runtime(need);
}

function lookIntoArchive(found: Findings, archive: Buffer, path: string): void {
  const isJava = /\.(?:jar|war|ear)$/.test(path);
  let version: number | undefined;
  const wanted = (name: string): boolean =>
    (isJava && isClassName(name)) || isPythonMetadata(name) || /\.so(?:\.|$)|\.node$|\/[^./]+$/.test(name);
  for (const member of archiveMembers(archive, path, wanted, found.note)) {
    if (isClassName(member.path)) version = Math.max(version ?? 0, classVersion(member.bytes) ?? 0);
    else if (isPythonMetadata(member.path)) {
      lookAtText(found, member.path, member.bytes.toString('utf8'));
      const distribution = distributionOf(member.path);
      for (const need of namedNeeds({
        path: member.path,
        ...(distribution && { distribution: distribution.name }),
      }))
        found.named(need);
    } else if (isElf(member.bytes)) found.native(readNative(member.bytes, member.path, false));
  }
  if (isJava) found.runtime(javaNeed(path, version === 0 ? undefined : version));
}

function createFindings() {
  const objects: NativeObject[] = [];
  const runtimes = new Map<string, RuntimeNeed>();
  const scripts = new Map<string, ScriptNeed>();
  const named: NamedNeed[] = [];
  const folders = new Set<string>();
  const notes: string[] = [];
  const runtime = (need: RuntimeNeed): void => {
    const key = `${need.language} ${need.versions ?? ''} ${need.weak ?? false}`;
    if (!runtimes.has(key)) runtimes.set(key, need);
  };
  return {
    runtime,
    native: (object: NativeObject | undefined): void => void (object && objects.push(object)),
    named: (need: NamedNeed): void => void named.push(need),
    note: (text: string): void => void notes.push(text),
    script(need: ScriptNeed): void {
      if (!scripts.has(need.interpreter)) scripts.set(need.interpreter, need);
    },
    distribution({ folder, name }: { readonly folder: string; readonly name: string }, path: string): void {
      folders.add(folder);
      named.push(...namedNeeds({ path, distribution: name }));
    },
    facts(platform: string | undefined): ApplicationFacts {
      const chosen = ofOneMachine(objects, platform, notes);
      for (const { path, marks } of chosen) named.push(...namedNeeds({ path, symbols: marks }));
      for (const object of chosen) {
        const need = nodeByObject(object);
        if (need) runtime(need);
      }
      const programs = chosen.filter(({ executable }) => executable);
      const own = new Set(programs.map(({ path }) => languageOf(path)));
      const asked = [...runtimes.values()].filter(
        ({ language, weak }) => !own.has(language) && !(weak && programs.length > 0),
      );
      const [first] = chosen;
      const machine = platform === undefined ? first && machineOf(first.elf) : machineOfPlatform(platform);
      return {
        ...(machine && { machine }),
        objects: new Map(chosen.map((object) => [object.path, object])),
        runtimes: asked,
        scripts: [...scripts.values()],
        named,
        pythonFolders: [...folders].toSorted(),
        notes,
      };
    },
  };
}
