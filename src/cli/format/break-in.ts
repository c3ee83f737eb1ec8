/** What `decant audit --break-in` answers, as text: for each user what worked, and of the rest why it did not. */
import type { Attempt, BreakIn, BreakInAs, Refusal } from '../../audit/break-in/types.ts';
import { intruderName } from '../../report/break-in.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { createPaint } from '../../report/text/color.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

const REFUSALS: Readonly<Record<Refusal, string>> = {
  'not-there': 'not there',
  'not-executable': 'not executable',
  'no-permission': 'no permission',
  'no-end': 'did not end',
  failed: 'failed',
  'not-tried': 'not tried: out of time',
};

export function formatBreakIn({ users, tried, worked }: BreakIn, options: TextOptions): string {
  const paint = createPaint(options.color);
  return [
    ...users.map((each) => [paint('bold', headingOf(each)), table(each.attempts, options)].join('\n')),
    paint(worked > 0 ? 'red' : 'green', `${worked} of ${tried} attempts worked`),
  ].join('\n\n');
}

function headingOf(each: BreakInAs): string {
  const worked = each.attempts.filter((attempt) => attempt.worked).length;
  return `as ${cleanLine(intruderName(each))}: ${worked} of ${each.attempts.length} worked`;
}

function table(attempts: readonly Attempt[], options: TextOptions): string {
  const order = [...attempts].sort((a, b) => Number(b.worked) - Number(a.worked));
  return formatTable(
    [{ title: 'KIND' }, { title: 'TRIED' }, { title: 'RESULT' }, { title: 'WHAT IT SAID', least: 20 }],
    order.map(({ kind, what, worked, refusal, detail }) => [
      kind,
      what,
      worked ? 'WORKED' : REFUSALS[refusal ?? 'failed'],
      worked || refusal !== 'not-there' ? detail : '',
    ]),
    options,
  );
}
