/** An image's name in the parts that checks ask for. */
import { DecantError } from '../errors.ts';
import { familiarRepository, parseReference } from '../oci/reference.ts';

export interface NameParts {
  /** Without `docker.io/library/`. */
  readonly repository: string;
  /** '' without one. */
  readonly tag: string;
  readonly isPinned: boolean;
}

/** Undefined for what can be no image's name. */
export function attemptReference(name: string): NameParts | undefined {
  try {
    const reference = parseReference(name);
    return {
      repository: familiarRepository(reference),
      tag: reference.tag ?? '',
      isPinned: reference.digest !== undefined,
    };
  } catch (error) {
    if (error instanceof DecantError) return undefined;
    throw error;
  }
}
