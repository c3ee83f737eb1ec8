/**
 * What a Dockerfile means for one platform: for each stage that the target needs, the operation that makes its file
 * system, and the config that goes with it. Stages that nothing needs are never looked at, nor are their bases.
 */
import type { RunMount } from '../dockerfile/mounts.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import type { Platform } from '../oci/platform.ts';
import type { ContainerConfig } from '../oci/config.ts';
import type { StepInfo } from '../events.ts';
import type { Operation, RemoteSource, ResolvedImage } from './operation.ts';
import type { Graph } from './graph.ts';
import type { BuildArguments } from './scope.ts';

export type Entitlement = 'security.insecure' | 'network.host';

/** A context that has a name of its own (`--build-context`): it takes the place of a stage or image of that name. */
export type NamedContext =
  /** Looked up as FROM would. */
  | { readonly type: 'image'; readonly reference: string }
  /** Files that whoever carries the plan out knows by the name. */
  | { readonly type: 'files' }
  | { readonly type: 'remote'; readonly source: RemoteSource };

export interface PlanOptions {
  /** By name as FROM and `--from` have it, see `contextName`, or by name and platform, see `contextKey`. */
  readonly contexts?: ReadonlyMap<string, NamedContext> | undefined;
  /** Stage to build, by name or number; the last one without it. */
  readonly target?: string | undefined;
  /** Plans also what the target does not need, to find what is wrong there. */
  readonly everyStage?: boolean | undefined;
  readonly buildArguments: BuildArguments;
  /** Labels given on the command line, which win over the Dockerfile's. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What RUN may ask for with `--security` and `--network`; without it `network.host` alone. */
  readonly allow?: ReadonlySet<Entitlement> | undefined;
  /** Mounts of every RUN step, before its own. What they are taken from is no stage. */
  readonly runMounts?: readonly RunMount[] | undefined;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  /** Shared by the plans for several platforms: what they have in common is one operation. */
  readonly graph?: Graph | undefined;
  /** Finds a base image. Throws IMAGE_UNKNOWN. */
  readonly resolveImage: (reference: string, platform: Platform) => Promise<ResolvedImage>;
}

/** A line of the image's history; with an operation it stands for the layer that this one makes. */
export interface PlannedHistory {
  readonly createdBy: string;
  readonly operation?: Operation;
}

export interface PlannedStep extends StepInfo {
  readonly operation: Operation;
}

export interface PlannedStage {
  readonly index: number;
  /** Its name, or its number as text. */
  readonly name: string;
  /** Of its base: the one of FROM, else the one that is built for. */
  readonly platform: Platform;
  /** Makes the stage's file system. */
  readonly operation: Operation;
  readonly config: ContainerConfig;
  readonly author?: string | undefined;
  /** The image at the bottom; absent on scratch. */
  readonly base?: ResolvedImage | undefined;
  /** What was done on top of `base`, oldest first. */
  readonly history: readonly PlannedHistory[];
  readonly steps: readonly PlannedStep[];
}

export interface Plan {
  readonly dockerfile: Dockerfile;
  readonly platform: Platform;
  /** The value of a global ARG of this name, where there is one: BuildKit's `SOURCE_DATE_EPOCH` in a Dockerfile. */
  readonly sourceDateEpoch?: string | undefined;
  readonly target: PlannedStage;
  /** The target and every stage it needs, in the Dockerfile's order. */
  readonly stages: readonly PlannedStage[];
  /** `line` is absent where it is not about a line, `rule` where no check has found it. */
  readonly warnings: readonly { readonly message: string; readonly line?: number; readonly rule?: string }[];
}
