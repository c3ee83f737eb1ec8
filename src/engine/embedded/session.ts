/** What every part of one build shares. */
import type { GzipLevel } from '../../codec/gzip/gzip.ts';
import type { Emit } from '../../events.ts';
import type { Store } from '../../store/store.ts';
import type { OpenContent } from '../../tree/pack.ts';
import type { OpenedContext } from './build-context.ts';
import type { HostAddress } from '../../sandbox/etc.ts';
import type { Limit } from '../../sandbox/limits.ts';
import type { Agents } from './agents.ts';
import type { SecretSource } from './secrets.ts';
import type { Operation, RemoteSource } from '../../plan/operation.ts';
import type { Remote } from '../remote/remotes.ts';
import type { FailedStep } from './failed-step.ts';
import type { Imported } from './imported.ts';
import type { Definitions } from './definitions.ts';
import type { Inputs } from '../explain/inputs.ts';
import type { Steps } from './steps.ts';

/** How RUN steps are confined; see sandbox/. */
export interface SandboxSettings {
  /** For steps that do not say `--network` themselves. */
  readonly network: 'host' | 'none';
  /** Authorities in PEM that RUN steps trust besides the image's own; lent, never in a layer. */
  readonly certificates?: Uint8Array | undefined;
  /** `--add-host` */
  readonly hosts?: readonly HostAddress[] | undefined;
  /** Bytes of /dev/shm. */
  readonly sharedMemory?: number | undefined;
  readonly limits?: readonly Limit[] | undefined;
}

/** Root; an ordinary user inside a user namespace, root there; an ordinary user outside of one. */
export type Privileges = 'root' | 'namespace' | 'none';

/** Without a level it is the one that decant takes by itself; another level gives other bytes. */
export type LayerCompression = 'none' | 'gzip' | `gzip-${GzipLevel}` | 'zstd' | `zstd-${number}`;

export interface Session {
  readonly store: Store;
  /** A directory that goes with the build, made when it is first asked for. */
  readonly temporary: () => Promise<string>;
  readonly open: OpenContent;
  /** The build contexts by name; '' is the main one. */
  readonly context: (name: string) => OpenedContext;
  readonly remote: (source: RemoteSource) => Remote;
  readonly sandbox: SandboxSettings;
  /** By id. */
  readonly secrets?: ReadonlyMap<string, SecretSource> | undefined;
  readonly agents: () => Promise<Agents>;
  readonly privileges: Privileges;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch?: number | undefined;
  readonly compression: LayerCompression;
  readonly noCache: boolean;
  /** Whether what the cache has of the operation is not to be used. */
  readonly isUncached: (operation: Operation) => boolean;
  /** What other builds have left elsewhere. */
  readonly imported?: Imported | undefined;
  /** Layers of an imported cache stay where they are as long as only their descriptors are needed. */
  readonly leavesImported?: boolean | undefined;
  /** Which definitions have led to which keys, for a cache that is exported. */
  readonly definitions: Definitions;
  /** Where the shell of a failed step is kept, if somebody wants one. */
  readonly failed?: FailedStep | undefined;
  /** Aborted when the user interrupts, and when a step fails: the others then stop. */
  readonly signal: AbortSignal;
  readonly stop: () => void;
  readonly emit: Emit;
  readonly steps: Steps;
  readonly inputs: Inputs;
}
