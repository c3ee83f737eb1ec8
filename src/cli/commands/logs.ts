/** `decant logs` */
import { StringDecoder } from 'node:string_decoder';
import { collect } from '../../codec/stream.ts';
import { findBuild, findStep, readLog } from '../../engine/records/read.ts';
import type { KeptBuild } from '../../engine/records/read.ts';
import type { StepRecord } from '../../engine/records/record.ts';
import type { Store } from '../../store/store.ts';
import { clean, cleanLine } from '../../report/text/clean.ts';
import { formatDuration } from '../../report/text/duration.ts';
import { formatJson } from '../../report/text/json.ts';
import { print, standardOutput } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(
  first: string | undefined,
  second: string | undefined,
  { format }: { readonly format: 'text' | 'json' },
): Promise<void> {
  // One word that is a step's and can be no build's is a step of the latest build.
  const isStep = second === undefined && first !== undefined && /^(#?\d{1,4}|failed)$/.test(first);
  const [build, step] = isStep ? ['latest', first] : [first, second];
  await withStore(async (store) => {
    const found = findBuild(store, build);
    const only = step === undefined ? undefined : findStep(found, step);
    if (format === 'json') return print(await json(store, found, only ? [only] : found.steps));
    if (only) return showLog(store, found, only);
    print(headline(found));
    for (const each of found.steps) {
      print(
        `\n#${each.number} [${cleanLine(each.stage)} ${each.index}/${each.total}] ${cleanLine(each.text)}`,
      );
      await showLog(store, found, each);
      print(ending(each));
    }
  });
}

function headline({ id, dockerfile, target, status, milliseconds, error }: KeptBuild): string {
  const what = `build ${id}: ${cleanLine(dockerfile)}, target ${cleanLine(target)}, ${status}`;
  return `${what} after ${formatDuration(milliseconds)}${error ? `\n${cleanLine(error.message)} [${error.code}]` : ''}`;
}

function ending({ number, status, milliseconds, message = '', clipped }: StepRecord): string {
  const took = status === 'done' || status === 'failed' ? ` ${formatDuration(milliseconds)}` : '';
  const lost = clipped ? `#${number} (the disk had no room for all that it said)\n` : '';
  return `${lost}#${number} ${status.toUpperCase()}${took} ${cleanLine(message)}`.trimEnd();
}

/** As it was said; on a terminal without what that would obey. */
async function showLog(store: Store, build: KeptBuild, step: StepRecord): Promise<void> {
  const output = standardOutput();
  const decoder = new StringDecoder('utf8');
  for await (const chunk of readLog(store, build, step)) {
    const isTaken = output.write(output.isTTY ? clean(decoder.write(Buffer.from(chunk))) : chunk);
    if (!isTaken) await new Promise((resolve) => output.once('drain', resolve));
  }
}

async function json(store: Store, build: KeptBuild, steps: readonly StepRecord[]): Promise<string> {
  const { id, status } = build;
  const logs = await Promise.all(
    steps.map(async (step) => (await collect(readLog(store, build, step))).toString('utf8')),
  );
  return formatJson({
    build: id,
    status,
    steps: steps.map(
      ({ number, stage, text, line, status: end, milliseconds, message, clipped = false }, index) => {
        return {
          number,
          stage,
          text,
          line,
          status: end,
          milliseconds,
          message: message ?? null,
          clipped,
          log: logs[index],
        };
      },
    ),
  });
}
