/** Programs as findings: each by what it is foremost. */
import type { Needs } from '../needs.ts';
import type { FoundProgram, Programs } from '../programs/find.ts';
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
  const rule = known.capabilities[0] ?? 'executable';
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
