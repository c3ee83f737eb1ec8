/** `decant cache ls` */
import { formatBytes } from '../../report/text/bytes.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatAge } from '../../report/text/duration.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable } from '../../report/text/table.ts';
import { withCaches } from '../cache-mounts.ts';
import { print, textOptions } from '../io.ts';

export function command({ format }: { readonly format: 'text' | 'json' }): Promise<number> {
  return withCaches(async (store) => {
    const rows = await Promise.all(
      store.mounts.list().map(async ({ name, identity, usedMs, inUse }) => {
        const { id, uid = 0, gid = 0, mode = 0o755 } = identity;
        const octal = mode.toString(8).padStart(4, '0');
        const used = new Date(usedMs).toISOString();
        return { id, name, size: await store.mounts.sizeOf(name), used, inUse, uid, gid, mode: octal };
      }),
    );
    if (format === 'json') return print(formatJson(rows));
    const table = rows.map(({ id, name, size, used, inUse, uid, gid, mode }) => [
      cleanLine(id),
      name,
      formatBytes(size),
      inUse ? 'now' : formatAge(used, Date.now()),
      `${mode} ${uid}:${gid}`,
    ]);
    const titles = [
      { title: 'ID', least: 12 },
      { title: 'NAME' },
      { title: 'SIZE', align: 'right' as const },
    ];
    print(formatTable([...titles, { title: 'USED' }, { title: 'OWNER' }], table, textOptions()));
  });
}
