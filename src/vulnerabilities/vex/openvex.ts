/** OpenVEX documents (OpenVEX Specification 0.2). */
import type { VexProduct, VexStatement, VexStatus } from './statement.ts';
import { type Json, list, object, text } from './json.ts';

const STATUSES: readonly VexStatus[] = ['not_affected', 'fixed', 'affected', 'under_investigation'];

export function isOpenVex(document: Json): boolean {
  return /openvex/.test(String(document['@context'])) && Array.isArray(document['statements']);
}

export function openVexStatements(document: Json): readonly VexStatement[] {
  return list(document['statements']).flatMap((statement) => {
    const status = STATUSES.find((one) => one === statement['status']);
    const vulnerabilities = namesOf(statement['vulnerability']);
    if (!status || vulnerabilities.length === 0) return [];
    const reason = text(statement['justification']) ?? text(statement['impact_statement']);
    const products = array(statement['products']).flatMap(productsOf);
    return [{ vulnerabilities, status, ...(reason !== undefined && { reason }), products }];
  });
}

/** A text in documents of 0.0.1, an object with a name and aliases since. */
function namesOf(value: unknown): readonly string[] {
  const { name, aliases } = object(value) ?? { name: value };
  return [name, ...array(aliases)].filter((one): one is string => typeof one === 'string');
}

function productsOf(value: unknown): readonly VexProduct[] {
  const product = object(value);
  const subcomponents = array(product?.['subcomponents']).flatMap(idsOf);
  return idsOf(value).map((id) => ({ id, subcomponents }));
}

function idsOf(value: unknown): readonly string[] {
  const component = object(value);
  const purl = object(component?.['identifiers'])?.['purl'];
  return [component ? component['@id'] : value, purl].filter((one): one is string => typeof one === 'string');
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
