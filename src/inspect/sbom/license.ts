/**
 * Licences as records have them, as expressions of SPDX (SPDX 2.3, annex D). What is no identifier of SPDX's list gets
 * a reference of the document's own (`LicenseRef-…`), so that nothing is lost and nothing is guessed; only Debian's
 * short names of licences that SPDX has too are translated (copyright-format 1.0, 7.1).
 */
import { createHash } from 'node:crypto';
import parseExpression from 'spdx-expression-parse';

export interface LicenseStatement {
  /** One expression for all that the record says; all of its licences hold. */
  readonly expression: string;
  /** References in it that are the document's own, with what the record says. */
  readonly extracted: ReadonlyMap<string, string>;
}

/** Undefined where nothing is recorded. */
export function licenseStatement(licenses: readonly string[]): LicenseStatement | undefined {
  const extracted = new Map<string, string>();
  const parts = [...new Set(licenses.map((license) => expressionOf(license, extracted)))];
  const [first] = parts;
  if (first === undefined) return undefined;
  const joined = parts.map((part) => (parts.length > 1 && / OR /.test(part) ? `(${part})` : part));
  return { expression: joined.join(' AND '), extracted };
}

function expressionOf(text: string, extracted: Map<string, string>): string {
  const license = text.trim().replaceAll(/\s+/g, ' ');
  for (const candidate of [license, translated(license)]) if (isExpression(candidate)) return candidate;
  const plain = license.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80);
  // Two texts must not share a reference, here or in another package, because they differ in what one cannot have.
  const mark = plain === license ? '' : `-${createHash('sha256').update(license).digest('hex').slice(0, 8)}`;
  const reference = `LicenseRef-${plain}${mark}`;
  extracted.set(reference, license);
  return reference;
}

function isExpression(text: string): boolean {
  try {
    parseExpression(text);
    return !/LicenseRef-|DocumentRef-/.test(text);
  } catch {
    return false;
  }
}

const DEBIAN: Readonly<Record<string, string>> = {
  expat: 'MIT',
  zlib: 'Zlib',
  'zlib/libpng': 'Zlib',
  isc: 'ISC',
  'artistic-1': 'Artistic-1.0',
  'artistic-2': 'Artistic-2.0',
  artistic: 'Artistic-1.0-Perl',
  'apache-2': 'Apache-2.0',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'mpl-2': 'MPL-2.0',
  x11: 'X11',
};

/** `GPL-2+ or Expat` → `GPL-2.0-or-later OR MIT` */
function translated(license: string): string {
  return license
    .split(/( (?:and|or) |, (?:and|or) )/i)
    .map((part) => {
      const word = part.replace(/^, /, '').trim();
      if (/^(?:and|or)$/i.test(word)) return ` ${word.toUpperCase()} `;
      const gnu = /^(A?GPL|LGPL|GFDL)-?(\d+)(?:\.(\d+))?(\+?)$/i.exec(word);
      if (gnu) {
        const [, family = '', major = '', minor = '0', later] = gnu;
        return `${family.toUpperCase()}-${major}.${minor}-${later ? 'or-later' : 'only'}`;
      }
      return DEBIAN[word.toLowerCase()] ?? word;
    })
    .join('');
}
