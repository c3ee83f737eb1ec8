/** `decant builds ls` */
import { listBuilds } from '../../engine/records/read.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatAge, formatDuration } from '../../report/text/duration.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable } from '../../report/text/table.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command({ format }: { readonly format: 'text' | 'json' }): Promise<void> {
  await withStore((store) => {
    const builds = listBuilds(store);
    if (format === 'json') {
      const rows = builds.map(({ id, context, dockerfile, target, names, startedAt, ...build }) => {
        const { milliseconds, status, imageId, error } = build;
        const started = new Date(startedAt).toISOString();
        const end = { status, imageId: imageId ?? null, error: error ?? null };
        return { id, context, dockerfile, target, names, started, milliseconds, ...end };
      });
      print(formatJson(rows));
      return Promise.resolve();
    }
    const titles = ['ID', 'STARTED', 'TOOK', 'STATUS', 'TARGET', 'CONTEXT'].map((title) => ({ title }));
    const rows = builds.map(({ id, startedAt, milliseconds, status, target, names, context, error }) => [
      id,
      formatAge(new Date(startedAt).toISOString(), Date.now()),
      formatDuration(milliseconds),
      error?.exitCode === undefined ? status : `${status} (${error.exitCode})`,
      cleanLine(names[0] ?? target),
      cleanLine(context),
    ]);
    print(formatTable(titles, rows, textOptions()));
    return Promise.resolve();
  });
}
