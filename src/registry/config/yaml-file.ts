/** `registries.yaml`, decant's own rules about registries; docs/registries.md describes the keys. */
import { dirname, resolve } from 'node:path';

import type { Reader } from '../../yaml/reader.ts';
import { readYaml } from '../../yaml/reader.ts';
import type { Rule } from './rules.ts';

const RULE_KEYS = ['prefix', 'location', 'blocked', 'insecure', 'ca', 'cert', 'key', 'mirrors'];
const MIRROR_KEYS = ['location', 'insecure'];
/** A host with a port, and perhaps a path; a prefix may stand for all hosts of a domain. */
const LOCATION =
  /^(?:\*\.)?[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:\/[a-z0-9][a-z0-9._/-]*)?$|^\[[0-9A-Fa-f:]+\](?::\d{1,5})?(?:\/[a-z0-9._/-]+)?$/;

/** Throws REGISTRIES_INVALID, with the line. */
export function parseRegistriesYaml(text: string, file: string): readonly Rule[] {
  const source = { text, file, what: 'registries.yaml', code: 'REGISTRIES_INVALID' } as const;
  return readYaml(source, ['registries'])
    .maps('registries', RULE_KEYS)
    .map((rule) => {
      const path = (name: string): string => resolve(dirname(file), name);
      const [cert, key] = ['cert', 'key'].map((name) => rule.text(name));
      if ((cert === undefined) !== (key === undefined))
        throw rule.wrong(undefined, 'a client certificate is a "cert" and its "key"');
      return {
        prefix: location(rule, 'prefix') ?? missing(rule, 'prefix'),
        location: location(rule, 'location'),
        blocked: rule.flag('blocked'),
        insecure: rule.flag('insecure'),
        ca: rule.texts('ca').map(path),
        cert: cert === undefined ? undefined : path(cert),
        key: key === undefined ? undefined : path(key),
        mirrors: rule.maps('mirrors', MIRROR_KEYS).map((mirror) => ({
          location: location(mirror, 'location') ?? missing(mirror, 'location'),
          insecure: mirror.flag('insecure'),
        })),
      };
    });
}

function location(reader: Reader, key: string): string | undefined {
  const text = reader.text(key);
  if (text === undefined || LOCATION.test(text)) return text?.replace(/\/+$/, '');
  throw reader.wrong(
    key,
    `"${text}" is not a registry, or a part of one`,
    'write HOST[:PORT][/PATH], without https://',
  );
}

function missing(reader: Reader, key: string): never {
  throw reader.wrong(undefined, `"${key}" is missing`);
}
