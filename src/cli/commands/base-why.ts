/** `decant base why` */
import { formatClause } from '../../debian/dependency.ts';
import type { WhyStep } from '../../debian/solver/why.ts';
import { DecantError } from '../../errors.ts';
import { readRecipe, withSolution } from '../base-input.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { onInterrupt } from '../interrupt.ts';
import { print } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(wanted: string, name: string, flags: ArchiveFlags): Promise<void> {
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
          if (excluded) print(`${wanted} is left out: ${excluded.reason}`);
          else if (solution.packages.some((each) => each.name === wanted)) {
            for (const step of solution.why(wanted)) print(stepText(step));
          } else {
            throw new DecantError('PACKAGE_UNKNOWN', `${wanted} is not in ${recipe.name}`, {
              hint: 'nothing that is in it depends on it',
            });
          }
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
