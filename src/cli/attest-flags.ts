/**
 * `--attest type=provenance|sbom[,KEY=VALUE]` of `docker buildx build`, and its short forms `--provenance` and `--sbom`:
 * a switch, or the keys alone.
 */
import { parseCsvRecord } from '../dockerfile/csv.ts';
import type { ProvenanceOptions } from '../engine/attest/provenance.ts';
import { DecantError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';

export interface AttestFlags {
  readonly attest?: readonly string[];
  readonly provenance?: string;
  readonly sbom?: string;
}

export interface SbomOptions {
  readonly fileName: string;
  readonly inlineOnly: boolean;
}

export interface Wanted {
  readonly provenance?: ProvenanceOptions;
  readonly sbom?: SbomOptions;
}

const KEYS = {
  provenance: ['mode', 'builder-id', 'filename', 'reproducible', 'inline-only', 'version', 'disabled'],
  sbom: ['generator', 'filename', 'inline-only', 'disabled'],
} as const;
type Type = keyof typeof KEYS;

/** Of one kind the last counts. @throws DecantError USAGE */
export function wantedAttestations({ attest = [], provenance, sbom }: AttestFlags): Wanted {
  const given = new Map<Type, Given | undefined>();
  for (const text of attest) {
    const fields = fieldsOf(text, '--attest');
    const type = fields.get('type');
    if (type !== 'provenance' && type !== 'sbom')
      throw wrong(text, '--attest', type === undefined ? 'it has no type' : `there is no type "${type}"`);
    fields.delete('type');
    given.set(type, checked(type, { fields, text, flag: '--attest' }));
  }
  if (provenance !== undefined) given.set('provenance', short('provenance', provenance));
  if (sbom !== undefined) given.set('sbom', short('sbom', sbom));
  const [asked, listed] = [given.get('provenance'), given.get('sbom')];
  return {
    ...(asked ? { provenance: provenanceOf(asked) } : {}),
    ...(listed ? { sbom: sbomOf(listed) } : {}),
  };
}

interface Given {
  readonly fields: ReadonlyMap<string, string>;
  readonly text: string;
  readonly flag: string;
}

function short(type: Type, text: string): Given | undefined {
  const flag = `--${type}`;
  const on = booleanOf(text);
  if (on !== undefined) return on ? { fields: new Map(), text, flag } : undefined;
  return checked(type, { fields: fieldsOf(text, flag), text, flag });
}

/** Undefined where it is switched off. */
function checked(type: Type, given: Given): Given | undefined {
  const { fields, text, flag } = given;
  for (const key of fields.keys()) {
    const known: readonly string[] = KEYS[type];
    if (known.includes(key)) continue;
    const meant = didYouMean(key, known);
    throw wrong(text, flag, `"${key}" is not known for ${type}${meant === undefined ? '' : `; ${meant}`}`);
  }
  return switchOf(given, 'disabled') ? undefined : given;
}

function provenanceOf(given: Given): ProvenanceOptions {
  const { fields, text, flag } = given;
  const mode = fields.get('mode') ?? 'max';
  if (mode !== 'min' && mode !== 'max') throw wrong(text, flag, `mode is min or max, not "${mode}"`);
  const version = fields.get('version') ?? 'v1';
  if (version !== 'v1') throw wrong(text, flag, `SLSA provenance is written in version v1, not "${version}"`);
  return {
    mode,
    builderId: fields.get('builder-id'),
    fileName: fileNameOf(given) ?? 'provenance.json',
    reproducible: switchOf(given, 'reproducible'),
    inlineOnly: switchOf(given, 'inline-only'),
  };
}

function sbomOf(given: Given): SbomOptions {
  const { fields, text, flag } = given;
  if (fields.has('generator'))
    throw wrong(text, flag, 'no generator is run: decant lists the packages of the image itself');
  return { fileName: fileNameOf(given) ?? 'sbom.spdx.json', inlineOnly: switchOf(given, 'inline-only') };
}

function fileNameOf({ fields, text, flag }: Given): string | undefined {
  const name = fields.get('filename');
  if (name === undefined || /^[\w.-]+$/.test(name)) return name;
  throw wrong(text, flag, `"${name}" is not the name of a file`);
}

function switchOf({ fields, text, flag }: Given, key: string): boolean {
  const value = fields.get(key);
  const on = value === undefined ? false : booleanOf(value);
  if (on === undefined) throw wrong(text, flag, `${key} is true or false, not "${value}"`);
  return on;
}

/** As Go reads one. */
function booleanOf(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}

function fieldsOf(text: string, flag: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of parseCsvRecord(text)) {
    const equals = field.indexOf('=');
    if (equals < 1) throw wrong(text, flag, `"${field}" is not KEY=VALUE`);
    fields.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
  }
  return fields;
}

function wrong(text: string, flag: string, why: string): DecantError {
  return new DecantError('USAGE', `invalid ${flag} "${text}": ${why}`, {
    hint: 'write --provenance=true, --provenance=mode=min, --sbom=true, or --attest type=provenance,mode=max',
  });
}
