/** What the `decant db` commands answer. */
import type { SourceDescription } from '../../vulnerabilities/database.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatAge } from '../../report/text/duration.ts';
import type { DatedOptions } from './images.ts';
import { formatJson } from '../../report/text/json.ts';
import { redact } from '../../report/text/redact.ts';
import { formatTable } from '../../report/text/table.ts';

export function formatSource({ name, advisories, packages }: SourceDescription): string {
  return cleanLine(
    `${name}: ${formatCount(advisories, 'advisory', 'advisories')} for ${formatCount(packages, 'package')}`,
  );
}

export function formatSources(sources: readonly SourceDescription[], options: DatedOptions): string {
  return formatTable(
    [
      { title: 'NAME' },
      { title: 'KIND' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'ADVISORIES', align: 'right' },
      { title: 'IMPORTED' },
      { title: 'FROM', least: 12 },
    ],
    sources.map(({ name, kind, packages, advisories, imported, url }) => [
      name,
      kind,
      String(packages),
      String(advisories),
      formatAge(imported, options.now),
      url === undefined ? 'a file' : redact(url),
    ]),
    options,
  );
}

export function sourceJson(source: SourceDescription): string {
  return formatJson(sourceData(source));
}

export function sourcesJson(sources: readonly SourceDescription[]): string {
  return formatJson(sources.map(sourceData));
}

function sourceData({ name, kind, url, imported, packages, advisories }: SourceDescription): object {
  return { name, kind, url: url === undefined ? null : redact(url), imported, packages, advisories };
}
