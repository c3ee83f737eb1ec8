/** `debian:bookworm`, `ubuntu:noble` and their like: a full system from the archive to an image in the store. */
import { monotonic } from '../../events.ts';
import type { Archive } from '../../debian/archive.ts';
import { readDebs } from '../../debian/deb/read-debs.ts';
import type { ArchiveSource } from '../../debian/source.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import type { Platform } from '../../oci/platform.ts';
import { createdBy, intoStore } from '../into-store.ts';
import type { Composed, IntoStoreRequest } from '../into-store.ts';
import { PATH } from '../recipe.ts';
import type { Suite } from '../suites.ts';
import { findSuite } from '../suites.ts';
import { aptSources } from './apt-sources.ts';
import { composeSystem } from './compose-system.ts';

export interface SystemName {
  readonly suite: Suite;
  readonly slim: boolean;
}

/** `debian:bookworm`, `debian:12`, `debian:trixie-slim`, `ubuntu:noble`; undefined for anything else. */
export function parseSystemName(text: string): SystemName | undefined {
  const [, name, slim] = /^(?:docker\.io\/library\/)?([a-z]+:[a-z0-9.]+)(-slim)?$/.exec(text) ?? [];
  const suite = name === undefined ? undefined : findSuite(name);
  return suite && { suite, slim: slim !== undefined };
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
  const { id } = system.suite;
  const label = `${id}:${system.suite.codename}${system.slim ? '-slim' : ''}`;
  return intoStore(request, async (directory, open) => {
    const blobs = await Promise.all(packages.map((file) => request.fetch(file)));
    const paths = blobs.map(({ digest }) => store.blobs.path(digest));
    const debs = await readDebs(paths, { temporary: () => Promise.resolve(directory), signal });
    const { layer, time } = await composeSystem({
      debs,
      architecture: platform.architecture,
      slim: system.slim,
      aptSources: {
        path: `etc/apt/sources.list.d/${id}.sources`,
        text: aptSources(request.sources, { signedBy: `/usr/share/keyrings/${id}-archive-keyring.gpg` }),
      },
      time: request.epoch,
      directory,
      open,
      privileges,
      signal,
      onOutput: (stream, text) => emit({ type: 'step.output', time: monotonic(), id: label, stream, text }),
    });
    const config = { Env: [`PATH=${PATH}`], Cmd: ['bash'] };
    const layers = [{ name: label, layer }];
    return { layers, config: { ...createdBy(layers, platform, request.epoch ?? time), config } };
  });
}
