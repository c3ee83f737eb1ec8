/** Programs as findings: each by the strongest thing that it can do. */
import type { Needs } from '../needs.ts';
import { strengthOf, type FoundProgram, type Programs } from '../programs/find.ts';
import { auditRule } from '../rules.ts';
import type { Finding } from '../types.ts';
import { found } from './found.ts';

export function programFindings({ found: programs, others }: Programs, needs: Needs): readonly Finding[] {
  return [
    ...programs.map((program) => programFinding(program, needs)),
    // What the image is for is no surface beside itself.
    ...others
      .filter(({ path }) => path !== needs.program)
      .map(({ path }) => {
        const neededBy = needs.reasonFor(path);
        return found('executable', `/${path}`, { path, ...(neededBy !== undefined && { neededBy }) });
      }),
  ];
}

function programFinding({ path, known, names, appletOf }: FoundProgram, needs: Needs): Finding {
  const strength = strengthOf(known);
  const rule = known.capabilities.find((each) => auditRule(each).points === strength) ?? 'executable';
  const neededBy = appletOf === undefined ? needs.reasonFor(path) : needs.reasonFor(path, known.name);
  const also = names.length > 0 ? ` (also ${names.slice(0, 8).join(', ')})` : '';
  const { name, capabilities, reason } = known;
  return found(
    rule,
    appletOf === undefined ? `/${path}${also}: ${reason}` : `${name} of /${path}: ${reason}`,
    {
      path,
      program: { name, capabilities, reason, ...(appletOf !== undefined && { appletOf }) },
      ...(neededBy !== undefined && { neededBy }),
    },
  );
}
