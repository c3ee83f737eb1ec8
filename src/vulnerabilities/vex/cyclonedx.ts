/** VEX in CycloneDX (1.4 and later): `vulnerabilities` with an analysis each, of components of the document or of another. */
import { type Json, list, object, text } from './json.ts';
import type { VexStatement, VexStatus } from './statement.ts';

const STATES: Readonly<Record<string, VexStatus>> = {
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
};

export function isCycloneDx(document: Json): boolean {
  return document['bomFormat'] === 'CycloneDX';
}

export function cycloneDxStatements(document: Json): readonly VexStatement[] {
  const purls = purlsByReference(document);
  return list(document['vulnerabilities']).flatMap((one) => {
    const analysis = object(one['analysis']);
    const status = STATES[String(analysis?.['state'])];
    const id = text(one['id']);
    if (!status || id === undefined) return [];
    const others = list(one['references']).flatMap((reference) => text(reference['id']) ?? []);
    const reason = text(analysis?.['justification']) ?? text(analysis?.['detail']);
    const products = list(one['affects']).flatMap((affected) => {
      const reference = text(affected['ref']);
      return reference === undefined ? [] : [{ id: purlOf(reference, purls), subcomponents: [] }];
    });
    // Without `affects` nothing is said about anything; an empty list of products would mean everything.
    if (products.length === 0) return [];
    return [{ vulnerabilities: [id, ...others], status, ...(reason !== undefined && { reason }), products }];
  });
}

/** A reference is a component's own name, a link to one in another document (`urn:cdx:…#name`), or a package URL itself. */
function purlOf(reference: string, purls: ReadonlyMap<string, string>): string {
  const name = decoded(reference.replace(/^urn:cdx:[^#]*#/, ''));
  return purls.get(name) ?? name;
}

function decoded(reference: string): string {
  if (reference.startsWith('pkg:') || !reference.includes('%')) return reference;
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

function purlsByReference(document: Json): ReadonlyMap<string, string> {
  const purls = new Map<string, string>();
  const pending = [object(object(document['metadata'])?.['component']), ...list(document['components'])];
  for (let one = pending.pop(); pending.length > 0 || one !== undefined; one = pending.pop()) {
    if (!one) continue;
    const [reference, purl] = [text(one['bom-ref']), text(one['purl'])];
    if (reference !== undefined && purl !== undefined) purls.set(reference, purl);
    pending.push(...list(one['components']));
  }
  return purls;
}
