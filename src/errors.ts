/**
 * Typed errors. Everything a user can run into carries a code from the table below, the name of the object it is
 * about, the place in a source text where there is one, and a hint where there is something to do.
 */

/** Every error code with the exit status the command line ends with (see docs/errors.md). */
export const EXIT_STATUS = {
  // 1: the work failed
  DOCKERFILE_MISSING: 1,
  DOCKERFILE_SYNTAX: 1,
  DOCKERFILE_UNSUPPORTED: 1,
  CHECK_FAILED: 1,
  CONTEXT_MISSING: 1,
  CONTEXT_INVALID: 1,
  IGNORE_FILE_INVALID: 1,
  STAGE_UNKNOWN: 1,
  STAGE_CYCLE: 1,
  IMAGE_UNKNOWN: 1,
  PATH_UNKNOWN: 1,
  STORE_BUSY: 1,
  IMAGE_PLATFORM: 1,
  COPY_SOURCE_MISSING: 1,
  COPY_FAILED: 1,
  GIT_FAILED: 1,
  LOAD_FAILED: 1,
  CHECKSUM_MISMATCH: 1,
  USER_UNKNOWN: 1,
  EXEC_FAILED: 1,
  SECRET_MISSING: 1,
  BUILD_UNKNOWN: 1,
  CACHE_UNKNOWN: 1,
  ARCHIVE_UNSAFE: 1,
  ARCHIVE_INVALID: 1,
  ARCHIVE_TOO_LARGE: 1,
  ARCHIVE_SIGNATURE: 1,
  ARCHIVE_EXPIRED: 1,
  ARCHIVE_ROLLBACK: 1,
  SUITE_UNKNOWN: 1,
  PACKAGE_UNKNOWN: 1,
  DEPENDENCIES_UNMET: 1,
  FILE_CONFLICT: 1,
  PACKAGE_SCRIPT_UNKNOWN: 1,
  FILE_UNREADABLE: 1,
  FILE_UNWRITABLE: 1,
  DISK_FULL: 1,
  RECIPE_INVALID: 1,
  BASE_UNKNOWN: 1,
  NEEDS_UNMET: 1,
  POLICY_UNMET: 1,
  PROGRAM_MISSING: 1,
  LOCK_INVALID: 1,
  ADVISORIES_INVALID: 1,
  ADVISORIES_MISSING: 1,
  VEX_INVALID: 1,
  LAYER_FOREIGN: 1,
  CREDENTIALS_UNUSABLE: 1,
  INTERNAL: 1,
  // 2: wrong usage
  USAGE: 2,
  REFERENCE_INVALID: 2,
  CONFIG_INVALID: 2,
  REGISTRIES_INVALID: 2,
  // 3: the store or an image is damaged
  STORE_DAMAGED: 3,
  STORE_VERSION: 3,
  IMAGE_DAMAGED: 3,
  DIGEST_MISMATCH: 3,
  // 4: network or registry
  NETWORK: 4,
  REGISTRY_DENIED: 4,
  OFFLINE: 4,
  // 5: this machine cannot do it
  MACHINE_UNSUPPORTED: 5,
  TOOL_MISSING: 5,
  STORE_UNWRITABLE: 5,
  MIRROR_UNKNOWN: 5,
  // 130: interrupted
  INTERRUPTED: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_STATUS;

/** A range of lines in a source text (1-based, inclusive), for the excerpt under the message. */
export interface Place {
  /** The file's name as the user gave it. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** The whole source text, so that an excerpt can be shown without reading the file again. */
  readonly source?: string;
}

export interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly place?: Place | undefined;
  readonly cause?: unknown;
  /** Lines shown in full under the message (the last output of a failed step). */
  readonly output?: readonly string[] | undefined;
  /** The exit status of the process that failed, where one did. */
  readonly processStatus?: number | undefined;
}

export class DecantError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: Place | undefined;
  readonly output: readonly string[] | undefined;
  readonly processStatus: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DecantError';
    this.code = code;
    this.hint = details.hint;
    this.place = details.place;
    this.output = details.output;
    this.processStatus = details.processStatus;
  }

  get exitStatus(): number {
    return EXIT_STATUS[this.code];
  }

  /** The same error with a place, unless it has one already: rooms below know what failed, rooms above know where. */
  at(place: Place | undefined): DecantError {
    if (this.place || !place) return this;
    const { code, message, hint, cause, output, processStatus } = this;
    return new DecantError(code, message, { hint, place, cause, output, processStatus });
  }
}

/** Errors of the operating system by their code, where what they mean does not depend on what was being done. */
export function fromSystemError(error: unknown, doing: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DecantError('DISK_FULL', `no space left on the device while ${doing}`, {
      cause: error,
      hint: 'free some space (`decant prune` removes what no image and no recent build needs) and run the command again',
    });
  }
  return error;
}

/** The `code` of a Node system error (`ENOENT`, …), or undefined for anything else, errors of our own among it. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof DecantError || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
