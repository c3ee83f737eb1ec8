/** VEX in CSAF 2.0 (OASIS, profile 5): products by number in a tree, with package URLs; a status for each vulnerability. */
import { type Json, list, object, text } from './json.ts';
import type { VexStatement, VexStatus } from './statement.ts';

const STATUSES: readonly (readonly [key: string, status: VexStatus])[] = [
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['known_affected', 'affected'],
  ['under_investigation', 'under_investigation'],
];

export function isCsaf(document: Json): boolean {
  return text(object(document['document'])?.['csaf_version']) !== undefined;
}

export function csafStatements(document: Json): readonly VexStatement[] {
  const purls = purlsByProduct(object(document['product_tree']) ?? {});
  return list(document['vulnerabilities']).flatMap((one) => {
    const ids = [text(one['cve']), ...list(one['ids']).map((other) => text(other['text']))];
    const vulnerabilities = ids.filter((id): id is string => id !== undefined);
    const status = object(one['product_status']) ?? {};
    return STATUSES.flatMap(([key, meaning]): VexStatement[] => {
      const numbers = Array.isArray(status[key]) ? (status[key] as readonly unknown[]) : [];
      const products = numbers.flatMap((number) =>
        (purls.get(String(number)) ?? []).map((id) => ({ id, subcomponents: [] })),
      );
      if (products.length === 0 || vulnerabilities.length === 0) return [];
      const reason = meaning === 'not_affected' ? flagOf(one) : undefined;
      return [{ vulnerabilities, status: meaning, ...(reason !== undefined && { reason }), products }];
    });
  });
}

function flagOf(vulnerability: Json): string | undefined {
  return list(vulnerability['flags']).map((flag) => text(flag['label']))[0];
}

/** Full names, branches of them, and relationships between two, which mean the part. */
function purlsByProduct(tree: Json): ReadonlyMap<string, readonly string[]> {
  const purls = new Map<string, readonly string[]>();
  const add = (product: Json | undefined): void => {
    const [number, helper] = [
      text(product?.['product_id']),
      object(product?.['product_identification_helper']),
    ];
    const named = text(helper?.['purl']);
    if (number !== undefined && named !== undefined) purls.set(number, [...(purls.get(number) ?? []), named]);
  };
  const pending = [...list(tree['branches'])];
  for (const product of list(tree['full_product_names'])) add(product);
  for (let branch = pending.pop(); branch !== undefined; branch = pending.pop()) {
    add(object(branch['product']));
    pending.push(...list(branch['branches']));
  }
  for (const relationship of list(tree['relationships'])) {
    const number = text(object(relationship['full_product_name'])?.['product_id']);
    const part = purls.get(text(relationship['product_reference']) ?? '');
    if (number !== undefined && part) purls.set(number, part);
  }
  return purls;
}
