/**
 * The operations that a Dockerfile becomes: a graph without cycles, each operation turning the file trees of its
 * inputs into one. It says what is to be done and nothing about who does it, and every operation has its counterpart
 * in BuildKit's LLB (solver/pb/ops.proto: SourceOp, ExecOp, FileOp, MergeOp).
 */
import type { GitReference } from '../dockerfile/git-reference.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import type { ImageConfig } from '../oci/config.ts';
import type { Place } from '../errors.ts';

/** A base image, found: its reference as written, and what it consists of. */
export interface ResolvedImage {
  readonly reference: string;
  /** Digest of the manifest. */
  readonly digest: string;
  readonly config: ImageConfig;
  readonly layers: readonly LayerDescriptor[];
}

interface OperationBase {
  /** sha256 of the definition and those of the inputs: the same definition is the same operation. */
  readonly digest: string;
  /** Where in the Dockerfile it comes from, for errors. */
  readonly place?: Place | undefined;
}

export interface SourceOperation extends OperationBase {
  readonly kind: 'source';
  readonly source:
    | { readonly type: 'scratch' }
    | { readonly type: 'image'; readonly image: ResolvedImage }
    | { readonly type: 'context'; readonly name: string }
    | RemoteSource;
}

/** What `RUN --mount` puts into the file system for the time of the process. Targets are absolute. */
export type ExecMount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly from: Operation;
      /** Below the root of `from`. */
      readonly source: string;
      readonly readOnly: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      /** With the namespace that `BUILDKIT_CACHE_MOUNT_NS` gives. */
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      /** What a new cache holds at first; absent where that is nothing. */
      readonly from?: Operation | undefined;
      readonly source: string;
      readonly readOnly: boolean;
      readonly mode?: number | undefined;
      readonly uid?: number | undefined;
      readonly gid?: number | undefined;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly size?: number | undefined }
  | {
      readonly type: 'secret';
      readonly id: string;
      /** Absent where it is only a variable. */
      readonly target?: string | undefined;
      readonly env?: string | undefined;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      readonly target: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  /** The heredoc that is the step's program. */
  | { readonly type: 'script'; readonly target: string; readonly text: string };
/** What ADD brings from elsewhere, as a tree. */
export type RemoteSource =
  | { readonly type: 'git'; readonly reference: GitReference }
  | {
      readonly type: 'http';
      readonly url: string;
      /** The only file of the tree. */
      readonly name: string;
      /** `algorithm:hex` */
      readonly checksum?: string | undefined;
    };

export interface ExecOperation extends OperationBase {
  readonly kind: 'exec';
  readonly input: Operation;
  /** The whole argument vector, the shell included. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variables that the process sees but that do not identify the step: proxies. */
  readonly proxyEnv: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** As USER has it; '' is root. */
  readonly user: string;
  readonly network: 'default' | 'host' | 'none';
  readonly security: 'sandbox' | 'insecure';
  /** In the Dockerfile's order. */
  readonly mounts: readonly ExecMount[];
}

/** Where COPY takes something from: a path or pattern of another operation's tree, or text in the Dockerfile. */
export type CopyFrom =
  | {
      readonly type: 'path';
      readonly from: Operation;
      readonly pattern: string;
      /** `--parents`: the path or pattern (`**` allowed) below `pattern` that is taken, its folders kept. */
      readonly below?: string | undefined;
      /** ADD leaves archives as they are, because they come from a URL. */
      readonly isPacked?: boolean | undefined;
    }
  | { readonly type: 'inline'; readonly name: string; readonly text: string };

export interface CopyAction {
  readonly type: 'copy';
  readonly sources: readonly CopyFrom[];
  /** Absolute; a slash at the end means "a directory". */
  readonly destination: string;
  /** `--chown`, names not yet looked up. */
  readonly owner?: string | undefined;
  /** `--chmod` as written: octal or symbolic. */
  readonly chmod?: string | undefined;
  /** `--exclude`: patterns of what is left out of directories, as an ignore file has them. */
  readonly exclude: readonly string[];
  /** ADD: archives among the sources are laid out instead of copied. */
  readonly unpack: boolean;
}

export interface MakeDirectoryAction {
  readonly type: 'mkdir';
  /** Absolute. */
  readonly path: string;
  /** As USER has it; '' is root. */
  readonly owner: string;
}

export interface FileOperation extends OperationBase {
  readonly kind: 'file';
  readonly input: Operation;
  readonly action: CopyAction | MakeDirectoryAction;
}

/** The layers of `upper`, which was made on nothing, laid over those of `input` (`COPY --link`). */
export interface MergeOperation extends OperationBase {
  readonly kind: 'merge';
  readonly input: Operation;
  readonly upper: Operation;
}

export type Operation = SourceOperation | ExecOperation | FileOperation | MergeOperation;
