/** `debian:bookworm` and its like: a full system from the archive to an image in the store. */
import type { Archive } from '../../debian/archive.ts';
import { readDebs } from '../../debian/deb/read-debs.ts';
import type { ArchiveSource } from '../../debian/source.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import type { Platform } from '../../oci/platform.ts';
import { createdBy, intoStore } from '../into-store.ts';
import type { Composed, IntoStoreRequest } from '../into-store.ts';
import { PATH, SUITES } from '../recipe.ts';
import type { Suite } from '../recipe.ts';
import { aptSources } from './apt-sources.ts';
import { composeSystem } from './compose-system.ts';

export interface SystemName {
  readonly suite: Suite;
  readonly slim: boolean;
}

/** `debian:bookworm`, `debian:12`, `debian:trixie-slim`; undefined for anything else. */
export function parseSystemName(text: string): SystemName | undefined {
  const match = /^(?:docker\.io\/library\/)?debian:([a-z0-9]+)(-slim)?$/.exec(text);
  const suite = Object.values(SUITES).find(
    ({ version, codename }) => version === match?.[1] || codename === match?.[1],
  );
  return suite && { suite, slim: match?.[2] !== undefined };
}

export interface DebianRequest extends IntoStoreRequest {
  readonly system: SystemName;
  readonly platform: Platform;
  readonly fetch: Archive['fetch'];
  /** Where the system gets further packages from. */
  readonly sources: readonly ArchiveSource[];
  readonly privileges: Privileges;
}

/** @throws DecantError as `composeSystem` does */
export function composeDebian(request: DebianRequest): Promise<Composed> {
  const { store, system, platform, packages, signal, emit, privileges } = request;
  const label = `debian:${system.suite.codename}${system.slim ? '-slim' : ''}`;
  return intoStore(request, async (directory, open) => {
    const blobs = await Promise.all(packages.map(request.fetch));
    const paths = blobs.map(({ digest }) => store.blobs.path(digest));
    const debs = await readDebs(paths, { temporary: () => Promise.resolve(directory), signal });
    const { layer, time } = await composeSystem({
      debs,
      architecture: platform.architecture,
      slim: system.slim,
      aptSources: aptSources(request.sources),
      time: request.epoch,
      directory,
      open,
      privileges,
      signal,
      onOutput: (stream, text) =>
        emit({ type: 'step.output', time: performance.now(), id: label, stream, text }),
    });
    const config = { Env: [`PATH=${PATH}`], Cmd: ['bash'] };
    const layers = [{ name: label, layer }];
    return { layers, config: { ...createdBy(layers, platform, request.epoch ?? time), config } };
  });
}
