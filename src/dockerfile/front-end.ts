/** Front ends: the image that `# syntax=` names reads the file, and where it is not Docker's, the language is another one. */
import { DecantError } from '../errors.ts';
import { detectSyntax } from './directives.ts';

/** What everybody calls Docker's own, mirrors in other registries included. */
const DOCKERS = new Set(['dockerfile', 'dockerfile-upstream', 'dockerfile.v0']);

/** The front end that a source asks for, where it is for another language than Dockerfile's. */
export function foreignFrontEnd(source: string, asked = detectSyntax(source)): string | undefined {
  if (!asked) return undefined;
  const name = asked.split('@')[0]?.split('/').at(-1)?.split(':')[0];
  return DOCKERS.has(name ?? '') ? undefined : asked;
}

/** An error of such a source says where it comes from. */
export function ofForeignFrontEnd(error: unknown, frontEnd: string | undefined): unknown {
  if (frontEnd === undefined || !(error instanceof DecantError) || error.code !== 'DOCKERFILE_SYNTAX')
    return error;
  const { code, message, cause, place } = error;
  return new DecantError(code, message, {
    cause,
    place,
    hint: `the file asks for the front end ${frontEnd}, which is not run here: it is read as a Dockerfile`,
  });
}
