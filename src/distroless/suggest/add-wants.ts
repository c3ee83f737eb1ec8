/** Adds to a plan what provides each thing that is missing, and notes what nothing provides. */
import { DecantError } from '../../errors.ts';
import type { MissingVersion } from '../../inspect/application/loader.ts';
import { SUITES } from '../recipe.ts';
import type { Extra, Plan, Problem, Reason } from './plan.ts';
import { libraryProvider, type Provider, programProvider, type ProviderOptions } from './providers.ts';
import { solvePlan } from './smallest.ts';
import type { SuggestRequest } from './suggest.ts';
import type { Want } from './wants.ts';

/** What is being worked out. */
export interface Draft {
  plan: Plan;
  readonly problems: Problem[];
}

/** A request, and what is found out once for all of it. */
export interface Session extends SuggestRequest {
  readonly filesOf: ProviderOptions['filesOf'];
}

/** The plan is another one afterwards if anything could be added. */
export async function addWants(
  draft: Draft,
  session: Session,
  wants: readonly Want[],
  { trustNames }: Pick<ProviderOptions, 'trustNames'>,
): Promise<void> {
  const { archive, machine, filesOf, ignore } = session;
  const open = wants.filter(
    ({ names }) =>
      !names.some((name) => ignore.includes(name) || draft.problems.some((one) => one.name === name)),
  );
  if (open.length === 0) return;
  const inBase = new Set(solvePlan(draft.plan, archive).packages.map(({ name }) => name));
  const options: ProviderOptions = {
    contents: archive.contents,
    filesOf,
    trustNames,
    index: archive.index,
    machine,
    present: (name) => inBase.has(name) || draft.plan.extras.some((extra) => extra.package === name),
  };
  for (const want of open) {
    let failure: DecantError | undefined;
    const provider = await providerOf(want, options).catch((error: unknown) => {
      failure = unusableList(error);
      return undefined;
    });
    const changed = provider && added(draft.plan, want, provider, inBase);
    if (changed) draft.plan = changed;
    else draft.problems.push(nothingProvides(want, session, failure));
  }
}

async function providerOf({ kind, names }: Want, options: ProviderOptions): Promise<Provider | undefined> {
  for (const name of names) {
    const find = kind === 'library' ? libraryProvider : programProvider;
    const found = await find(name, options);
    if (found) return found;
  }
  return undefined;
}

/** Undefined where the plan has all of it already, and still it is missing. */
function added(
  plan: Plan,
  { kind, names, reasons }: Want,
  provider: Provider,
  inBase: ReadonlySet<string>,
): Plan | undefined {
  const [name = ''] = names;
  const [reason] = reasons;
  const linkable = provider.elsewhere !== undefined && reason !== undefined;
  const known = plan.extras.find((extra) => extra.package === provider.package);
  const path = kind === 'library' ? libraryLink(provider.elsewhere ?? '', name) : name;
  const link =
    linkable && !plan.links.some((one) => one.path === path)
      ? { path, target: provider.elsewhere ?? '', reason }
      : undefined;
  const links = link ? [...plan.links, link] : plan.links;
  if (!known) {
    const extra: Extra = { package: provider.package, reasons };
    return {
      ...plan,
      links,
      extras: [...plan.extras, extra],
      reasons: baseReasons(plan, provider, reasons, inBase),
    };
  }
  const more = reasons.filter(
    (one) => !known.reasons.some(({ path: at, text }) => at === one.path && text === one.text),
  );
  if (!link && more.length === 0) return undefined;
  const merged: Extra = { ...known, reasons: [...known.reasons, ...more] };
  return { ...plan, links, extras: plan.extras.map((extra) => (extra === known ? merged : extra)) };
}

/** Where the loader looks: the library folder that the file is below. */
function libraryLink(elsewhere: string, name: string): string {
  const [folder = '/usr/lib'] = /^\/(?:usr\/)?lib\/[^/]+-linux-[^/]+/.exec(elsewhere) ?? [];
  return `${folder}/${name}`;
}

/** What the base itself is wanted for, as far as no runtime says it already. */
function baseReasons(
  plan: Plan,
  provider: Provider,
  reasons: readonly Reason[],
  inBase: ReadonlySet<string>,
): readonly Reason[] {
  return inBase.has(provider.package) && plan.reasons.length === 0 ? reasons : plan.reasons;
}

/** A list of files that cannot be had or does not verify is not the end: another release may have what is missing. */
function unusableList(error: unknown): DecantError {
  const codes: readonly string[] = ['DIGEST_MISMATCH', 'ARCHIVE_INVALID', 'ARCHIVE_TOO_LARGE', 'NETWORK'];
  if (error instanceof DecantError && codes.includes(error.code)) return error;
  throw error;
}

function nothingProvides(
  { kind, names, reasons }: Want,
  { suite }: SuggestRequest,
  failure: DecantError | undefined,
): Problem {
  const neededBy = reasons.map(({ path }) => path);
  const by =
    neededBy.length > 1 ? `${neededBy[0]} and ${neededBy.length - 1} more need` : `${neededBy[0]} needs`;
  const name = names.join(' or ');
  return {
    kind,
    name: names[0] ?? '',
    neededBy,
    text: failure
      ? `${by} ${name}; no package of Debian ${suite} is named after it, and what others have cannot be looked up: ${failure.message}`
      : `${by} ${name}, which no package of Debian ${suite} (${SUITES[suite].codename}) has`,
  };
}

export function problemsOf(
  missing: readonly MissingVersion[],
  { suite, ignore }: SuggestRequest,
): readonly Problem[] {
  return missing
    .filter(({ library }) => !ignore.includes(library))
    .map(({ library, version, neededBy, highest }) => ({
      kind: 'version',
      name: version,
      neededBy: [neededBy],
      text: `${neededBy} needs ${version} of ${library}; Debian ${suite} (${SUITES[suite].codename}) ${
        highest === undefined ? 'does not have it' : `has up to ${highest}`
      }`,
    }));
}
