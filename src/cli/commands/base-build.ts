/** `decant base build` */
import { readFile } from 'node:fs/promises';
import { openPool } from '../../debian/archive.ts';
import { solve } from '../../debian/solver/solve.ts';
import { compose } from '../../distroless/compose.ts';
import { composeDebian, parseSystemName } from '../../distroless/system/compose-debian.ts';
import type { SystemName } from '../../distroless/system/compose-debian.ts';
import { systemPackages } from '../../distroless/system/packages.ts';
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import type { Composed } from '../../distroless/compose.ts';
import { lockedJlink, lockedPackages, parseLock } from '../../distroless/lock.ts';
import type { Recipe } from '../../distroless/recipe.ts';
import { DecantError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { hostPlatform, parsePlatform } from '../../oci/platform.ts';
import { familiar, parseImageName } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import { readRecipe, sourcesOf, withArchive, withSolution } from '../base-input.ts';
import { privileges, runInUserNamespace } from '../privileges.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { sourceDateEpoch } from '../flags.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { BILL_FORMATS, type BillFormat } from '../../distroless/bills.ts';
import { VERSION } from '../version.ts';
import { formatBytes } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { compileLess } from '../compile-less.ts';
import { onInterrupt } from '../interrupt.ts';
import { allEnvironment, environment, errorTerminal, print } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';
import { keepYoungMemory } from '../young-memory.ts';

interface Flags extends ArchiveFlags {
  readonly tag?: readonly string[];
  readonly lock?: string;
  readonly sbom?: readonly string[] | false;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(name: string, flags: Flags): Promise<number> {
  keepYoungMemory();
  compileLess();
  const system = parseSystemName(name);
  const recipe = system ? undefined : await readRecipe(name, flags);
  const files = flags.sbom === false ? [] : billFiles(flags.sbom);
  const interruption = onInterrupt();
  const progress = createProgress(flags.progress, errorTerminal());
  try {
    const { signal } = interruption;
    const result = await withStore(async (store) => {
      const tagged = { ...flags, tag: flags.tag ?? [name] };
      const made = recipe
        ? await build(store, recipe, flags, signal, progress.emit)
        : await buildSystem(store, system as SystemName, tagged, signal, progress.emit);
      await writeBills(store, made, files, signal);
      return made;
    });
    progress.close();
    print(flags.format === 'json' ? json(result) : text(result));
    return 0;
  } catch (error) {
    progress.close();
    if (!(error instanceof NamespaceNeeded)) throw error;
    interruption.dispose();
    return runInUserNamespace();
  } finally {
    progress.close();
    interruption.dispose();
  }
}

async function build(
  store: Store,
  recipe: Recipe,
  flags: Flags,
  signal: AbortSignal,
  emit: Emit,
): Promise<Composed> {
  const names = (flags.tag ?? [recipe.name]).map((tag) => familiar(parseImageName(tag)));
  const common = {
    store,
    recipe,
    names,
    epoch: sourceDateEpoch(environment('SOURCE_DATE_EPOCH')),
    signal,
    emit,
    privileges: privileges(),
    toolVersion: flags.sbom === false ? undefined : VERSION,
  };
  if (flags.lock === undefined) {
    return withSolution(store, recipe, { ...flags, signal, emit }, ({ platform, archive, solution, jlink }) =>
      compose({ ...common, platform, packages: solution.packages, fetch: archive.fetch, jlink }),
    );
  }
  const platform = flags.platform === undefined ? hostPlatform() : parsePlatform(flags.platform);
  const lock = parseLock(await readLock(flags.lock), flags.lock);
  const packages = lockedPackages(lock, recipe, platform.architecture, flags.lock);
  const host = hostPlatform().architecture;
  const jlink = lockedJlink(lock, recipe, platform.architecture, host, flags.lock);
  const pool = openPool({
    store,
    sources: await sourcesOf(recipe.suite, flags),
    offline: flags.offline,
    environment: allEnvironment(),
    signal,
    emit,
  });
  try {
    return await compose({ ...common, platform, packages, fetch: pool.fetch, jlink });
  } finally {
    await pool.close();
  }
}

/** A full system runs programs of its packages, so it takes what a RUN step takes. */
function buildSystem(
  store: Store,
  system: SystemName,
  flags: Flags,
  signal: AbortSignal,
  emit: Emit,
): Promise<Composed> {
  const may = privileges();
  if (may === 'none') throw new NamespaceNeeded();
  return withArchive(store, system.suite, { ...flags, signal, emit }, async (platform, archive) =>
    composeDebian({
      store,
      system,
      platform,
      packages: solve(archive.index, { packages: systemPackages(archive.index) }).packages,
      fetch: archive.fetch,
      sources: await sourcesOf(system.suite, flags),
      names: (flags.tag ?? []).map((tag) => familiar(parseImageName(tag))),
      epoch: sourceDateEpoch(environment('SOURCE_DATE_EPOCH')),
      privileges: may,
      toolVersion: flags.sbom === false ? undefined : VERSION,
      signal,
      emit,
    }),
  );
}

interface BillFile {
  readonly format: BillFormat;
  readonly path: string;
}

function billFiles(texts: readonly string[] = []): readonly BillFile[] {
  return texts.map((text) => {
    const [, format = '', path = ''] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
    if (format in BILL_FORMATS) return { format: format as BillFormat, path };
    throw new DecantError('USAGE', `--sbom "${text}" does not say what to write, and where`, {
      hint: 'write --sbom spdx=FILE or --sbom cyclonedx=FILE',
    });
  });
}

/** What is kept beside the image, also as files. */
async function writeBills(
  store: Store,
  { bills }: Composed,
  files: readonly BillFile[],
  signal: AbortSignal,
): Promise<void> {
  for (const { format, path } of files) {
    const bill = bills.find((each) => each.format === format);
    if (bill) await writeTo(path, store.blobs.read(bill.digest, { verify: true }), signal);
  }
}

async function readLock(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the lock file ${path}`, { cause: error });
  }
}

function text({ names, imageId, packages, packedSize }: Composed): string {
  return `${names.join(', ')} ${imageId}\n${formatCount(packages.length, 'package')}, ${formatBytes(packedSize)} packed`;
}

function json({ names, descriptor, imageId, packedSize, packages, bills }: Composed): string {
  const installed = packages.map(({ name, version, architecture }) => ({ name, version, architecture }));
  return formatJson({
    names,
    digest: descriptor.digest,
    id: imageId,
    packedSize,
    packages: installed,
    sboms: bills,
  });
}
