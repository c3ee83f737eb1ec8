/** VEX documents of every format, and what they take out of a scan's findings. */
import { DecantError } from '../../errors.ts';
import type { Finding } from '../scan.ts';
import { csafStatements, isCsaf } from './csaf.ts';
import { cycloneDxStatements, isCycloneDx } from './cyclonedx.ts';
import { object } from './json.ts';
import { isOpenVex, openVexStatements } from './openvex.ts';
import { matchesPurl } from './purl-match.ts';
import type { VexProduct, VexStatement } from './statement.ts';

/** @param name The file's, for messages. @throws DecantError VEX_INVALID */
export function readVex(json: string, name: string): readonly VexStatement[] {
  let document: ReturnType<typeof object>;
  try {
    document = object(JSON.parse(json));
  } catch (error) {
    throw invalid(name, error);
  }
  if (document && isOpenVex(document)) return openVexStatements(document);
  if (document && isCycloneDx(document)) return cycloneDxStatements(document);
  if (document && isCsaf(document)) return csafStatements(document);
  throw invalid(name);
}

function invalid(name: string, cause?: unknown): DecantError {
  return new DecantError('VEX_INVALID', `${name} is no VEX document`, {
    cause,
    hint: 'OpenVEX, CycloneDX and CSAF documents in JSON are read',
  });
}

export interface IgnoredFinding {
  readonly finding: Finding;
  /** `not_affected` or `fixed`, and why, as the document says. */
  readonly status: string;
  readonly reason?: string;
}

export interface VexResult {
  readonly findings: readonly Finding[];
  readonly ignored: readonly IgnoredFinding[];
}

/**
 * The last statement that fits a finding counts, as later ones stand over earlier ones. A finding goes only when the
 * statement is about all of its packages, or about the image.
 *
 * @param image The image's own package URLs.
 */
export function applyVex(
  findings: readonly Finding[],
  statements: readonly VexStatement[],
  image: readonly string[],
): VexResult {
  const ignored: IgnoredFinding[] = [];
  const kept = findings.filter((finding) => {
    const said = statements.findLast((statement) => isAbout(statement, finding, image));
    if (said?.status !== 'not_affected' && said?.status !== 'fixed') return true;
    const { status, reason } = said;
    ignored.push({ finding, status, ...(reason !== undefined && { reason }) });
    return false;
  });
  return { findings: kept, ignored };
}

function isAbout(statement: VexStatement, finding: Finding, image: readonly string[]): boolean {
  const names = new Set([finding.id, ...finding.advisories].map((name) => name.toLowerCase()));
  if (!statement.vulnerabilities.some((name) => names.has(name.toLowerCase()))) return false;
  if (statement.products.length === 0) return true;
  return finding.packages.every(({ purl }) =>
    statement.products.some((product) => isOf(product, purl, image)),
  );
}

function isOf({ id, subcomponents }: VexProduct, purl: string, image: readonly string[]): boolean {
  const isImage = image.some((one) => matchesPurl(id, one));
  if (subcomponents.length === 0) return isImage || matchesPurl(id, purl);
  return isImage && subcomponents.some((part) => matchesPurl(part, purl));
}
