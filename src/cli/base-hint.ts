/** What to do about a base that FROM names, that the store does not have, and that decant could compose. */
import { catalogueRecipe, parseBaseName } from '../distroless/catalogue/catalogue.ts';
import { parseSystemName } from '../distroless/system/compose-debian.ts';
import { DecantError } from '../errors.ts';

/** @throws DecantError IMAGE_UNKNOWN for a base that decant can compose; any other is not its matter. */
export function refuseBase(reference: string): Promise<boolean> {
  const hint = composeHint(reference);
  if (hint === undefined) return Promise.resolve(false);
  throw new DecantError('IMAGE_UNKNOWN', `the image "${reference}" is not in the store`, { hint });
}

/** How the base can be had without any registry; undefined for an image that decant cannot compose. */
export function composeHint(reference: string): string | undefined {
  const name = composableName(reference);
  if (name === undefined) return undefined;
  const tag = name === reference ? '' : ` -t ${reference}`;
  return `decant can compose it from Debian packages: build with \`--bases compose\`, or run \`decant base build ${name}${tag}\` once; or bring it in with \`decant load\``;
}

/** The name that `decant base build` knows it by. */
function composableName(reference: string): string | undefined {
  const system = parseSystemName(reference);
  if (system) return `debian:${system.suite.codename}${system.slim ? '-slim' : ''}`;
  const base = parseBaseName(reference);
  if (!base || !catalogueRecipe(base.family, base.suite)) return undefined;
  return `${base.family}-debian${base.suite}${base.variant === 'latest' ? '' : `:${base.variant}`}`;
}
