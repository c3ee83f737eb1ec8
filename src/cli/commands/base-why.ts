/** `decant base why` */
import { formatClause } from '../../debian/dependency.ts';
import type { WhyStep } from '../../debian/solver/why.ts';
import { DecantError } from '../../errors.ts';
import { readRecipe, withSolution } from '../base-input.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { formatJson } from '../../report/text/json.ts';
import { onInterrupt } from '../interrupt.ts';
import { print } from '../io.ts';
import { withStore } from '../store.ts';

interface Flags extends ArchiveFlags {
  readonly format: 'text' | 'json';
}

export async function command(wanted: string, name: string, flags: Flags): Promise<void> {
  const recipe = await readRecipe(name, flags);
  const interruption = onInterrupt();
  try {
    await withStore((store) =>
      withSolution(
        store,
        recipe,
        { ...flags, signal: interruption.signal, emit: () => {} },
        ({ solution }) => {
          const excluded = recipe.exclude.find((each) => each.package === wanted);
          const steps = solution.why(wanted);
          if (!excluded && steps.length === 0) {
            throw new DecantError('PACKAGE_UNKNOWN', `${wanted} is not in ${recipe.name}`, {
              hint: 'nothing that is in it depends on it',
            });
          }
          if (flags.format === 'json') print(whyJson(wanted, excluded?.reason, steps));
          else if (excluded) print(`${wanted} is left out: ${excluded.reason}`);
          else for (const step of steps) print(stepText(step));
          return Promise.resolve();
        },
      ),
    );
  } finally {
    interruption.dispose();
  }
}

function stepText({ package: found, reason }: WhyStep): string {
  const text = `${found.name} ${found.version}`;
  if (reason.kind === 'request') return `${text}, asked for as "${reason.request}"`;
  return `${text}, because ${reason.of.name} depends on ${formatClause(reason.clause)}`;
}

function whyJson(wanted: string, excluded: string | undefined, steps: readonly WhyStep[]): string {
  return formatJson({
    package: wanted,
    excluded: excluded ?? null,
    steps: steps.map(({ package: { name, version }, reason }) => ({
      name,
      version,
      ...(reason.kind === 'request'
        ? { request: reason.request }
        : { dependency: { of: reason.of.name, clause: formatClause(reason.clause) } }),
    })),
  });
}
