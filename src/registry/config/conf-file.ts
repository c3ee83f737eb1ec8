/** Podman's `registries.conf` (containers-registries.conf(5), version 2), as far as it says where registries are. */
import type { Mirror, Rule } from './rules.ts';
import { parseToml, type TomlTable } from './toml.ts';

/** What is about short names and aliases does not concern us: a name without a registry is Docker Hub's. */
export function parseRegistriesConf(text: string): readonly Rule[] {
  const rules: (Rule & { readonly mirrors: Mirror[] })[] = [];
  for (const table of parseToml(text)) {
    const location = textOf(table, 'location');
    const insecure = table.values.get('insecure') === true;
    if (table.name === 'registry') {
      const prefix = textOf(table, 'prefix') ?? location;
      if (prefix === undefined) continue;
      rules.push({ prefix, location, insecure, blocked: table.values.get('blocked') === true, mirrors: [] });
    }
    // A mirror for digests only, or for tags only, is not one to ask in general.
    const isForAll = ['all', undefined].includes(textOf(table, 'pull-from-mirror'));
    if (table.name === 'registry.mirror' && location !== undefined && isForAll)
      rules.at(-1)?.mirrors.push({ location, insecure });
  }
  return rules;
}

function textOf({ values }: TomlTable, key: string): string | undefined {
  const value = values.get(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
