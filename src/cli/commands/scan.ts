/** `decant scan` */
import { readFile } from 'node:fs/promises';
import { DecantError } from '../../errors.ts';
import type { PackageList } from '../../inspect/packages/package.ts';
import { imagePurl } from '../../inspect/sbom/identity.ts';
import { subjectOf } from '../../inspect/sbom/subject.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { scanSarif } from '../../report/scan-sarif.ts';
import { SEVERITIES, type Severity } from '../../vulnerabilities/advisory.ts';
import { type Database, openDatabase } from '../../vulnerabilities/database.ts';
import { scanPackages } from '../../vulnerabilities/scan.ts';
import { leaveOut, type ScanReport } from '../../vulnerabilities/report.ts';
import type { VexStatement } from '../../vulnerabilities/vex/statement.ts';
import { readVex } from '../../vulnerabilities/vex/vex.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatScan, scanJson } from '../format/scan.ts';
import { withImage } from '../image-input.ts';
import { print, tell, textOptions } from '../io.ts';
import { packagesOf } from '../package-list.ts';
import { VERSION } from '../version.ts';

interface Flags {
  readonly format: 'text' | 'json' | 'sarif';
  readonly failOn?: Severity;
  readonly ignoreUnfixed?: boolean;
  readonly vex?: readonly string[];
  readonly parts?: boolean;
  readonly platform?: string;
}

export async function command(name: string, flags: Flags): Promise<number> {
  const statements: VexStatement[] = [];
  for (const file of flags.vex ?? []) statements.push(...readVex(await readText(file), file));
  const { report, warnings } = await withImage(name, flags.platform, async (image, means) => {
    const database = openDatabase(means.store);
    try {
      if (database.sources.length === 0) throw nothingKnown();
      const list = await packagesOf(image, means);
      const report = scanImage(image, list, database, statements, flags);
      return { report, warnings: list.warnings };
    } finally {
      database.close();
    }
  });
  for (const warning of warnings) tell(`warning: ${warning}`);
  for (const ecosystem of report.uncovered)
    tell(`warning: no source has advisories for ${ecosystem}; what is wrong there is not found`);
  if (flags.format === 'json') print(scanJson(report));
  else if (flags.format === 'sarif') print(formatJson(scanSarif(report, VERSION)));
  else print(formatScan(report, textOptions()));
  const { failOn } = flags;
  const isBad = ({ severity }: { readonly severity: Severity }): boolean =>
    failOn !== undefined && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn);
  return report.findings.some(isBad) ? 1 : 0;
}

function scanImage(
  image: ImageView,
  list: PackageList,
  database: Database,
  statements: readonly VexStatement[],
  { parts, ignoreUnfixed }: Flags,
): ScanReport {
  const subject = subjectOf(image, VERSION);
  const scan = scanPackages(list, database, { parts: parts ?? false });
  const names = image.names.length > 0 ? image.names : [subject.name];
  const left = leaveOut(scan.findings, {
    statements,
    image: names.map((name) => imagePurl({ ...subject, name })),
    unfixed: ignoreUnfixed ?? false,
  });
  return {
    image: subject.name,
    digest: subject.digest,
    platform: subject.platform,
    sources: database.sources,
    ...scan,
    ...left,
  };
}

function nothingKnown(): DecantError {
  return new DecantError('ADVISORIES_MISSING', 'there are no advisories in the store', {
    hint: '`decant db import FILE` takes them from a file, `decant db update URL` fetches them',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${file}`, { cause: error });
  }
}
