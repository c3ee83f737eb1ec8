/**
 * `RUN --mount=…` and `RUN --device=…`. A mount's values may hold variables, so it is read twice: once with the
 * Dockerfile, for the stage it depends on and for every mistake that can be seen without values, and once, by
 * `resolveMount`, when the instruction is carried out.
 */

import { parseCsvRecord } from './csv.ts';
import { syntaxError } from './failure.ts';
import { given } from './objects.ts';
import { didYouMean } from '../suggest.ts';
import { quote } from './text.ts';
import { parseBoolean, parseSize, parseUnsigned } from './values.ts';

const MOUNT_TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const SHARING_MODES = ['shared', 'private', 'locked'] as const;

export type MountType = (typeof MOUNT_TYPES)[number];
export type SharingMode = (typeof SHARING_MODES)[number];

/** A mount as written; the values are unexpanded. */
export interface RunMount {
  readonly text: string;
  /** Undefined when it is given by a variable. */
  readonly type: MountType | undefined;
  /** Stage, index, named context or image; variables are not allowed here. */
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly id?: string;
  readonly env?: string;
}

/** A mount with all values known. What is undefined was not given. */
export interface ResolvedMount {
  readonly type: MountType;
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly readOnly: boolean;
  readonly required: boolean;
  readonly id?: string;
  readonly sharing?: SharingMode;
  /** Bytes, tmpfs only. */
  readonly size?: number;
  /** Permission bits. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** The variable to put a secret into. */
  readonly env?: string;
}

const CANONICAL_KEYS: Readonly<Record<string, string>> = {
  type: 'type',
  from: 'from',
  source: 'source',
  src: 'source',
  target: 'target',
  dst: 'target',
  destination: 'target',
  readonly: 'readonly',
  ro: 'readonly',
  readwrite: 'readwrite',
  rw: 'readwrite',
  required: 'required',
  size: 'size',
  id: 'id',
  sharing: 'sharing',
  mode: 'mode',
  uid: 'uid',
  gid: 'gid',
  env: 'env',
};

interface Field {
  /** As written, in lower case, and the one name that its aliases share. */
  readonly key: string;
  readonly name: string;
  readonly value: string | undefined;
}

export function parseMount(text: string): RunMount {
  const fields = parseFields(text);
  const from = lastValue(fields, 'from');
  const variable = from?.indexOf('$') ?? -1;
  if (from !== undefined && variable !== -1 && variable !== from.length - 1) {
    throw syntaxError("'from' doesn't support variable expansion, define alias stage instead");
  }
  const isConstant = fields.every(({ value }) => value === undefined || !/[$'"\\`]/.test(value));
  const type = isConstant
    ? resolveMount({ text, type: undefined }, (value) => value).type
    : constantType(fields);
  const mount: { -readonly [Key in keyof RunMount]: RunMount[Key] } = { text, type };
  for (const { name, value } of fields) {
    if (value !== undefined && isShown(name)) mount[name] = value;
  }
  return mount;
}

/** The mount with its values expanded and checked. */
export function resolveMount(mount: RunMount, expand: (value: string) => string): ResolvedMount {
  return resolveFields(parseFields(mount.text), expand);
}

function resolveFields(fields: readonly Field[], expand: (value: string) => string): ResolvedMount {
  let type: MountType = 'bind';
  let readOnly: boolean | undefined;
  let required = false;
  const strings: { from?: string; source?: string; target?: string; id?: string; env?: string } = {};
  const numbers: { size?: number; mode?: number; uid?: number; gid?: number } = {};
  let sharing: SharingMode | undefined;

  for (const field of fields) {
    const { key, name } = field;
    const value = field.value === undefined ? undefined : expand(field.value);
    switch (name) {
      case 'readonly':
        readOnly = flag(key, value);
        break;
      case 'readwrite':
        readOnly = !flag(key, value);
        break;
      case 'required':
        onlyFor(type === 'secret' || type === 'ssh', key, type);
        required = flag(key, value);
        break;
      case 'type':
        type = oneOf(MOUNT_TYPES, value, 'unsupported mount type');
        break;
      case 'sharing':
        sharing = oneOf(SHARING_MODES, value, 'unsupported sharing value');
        break;
      case 'size':
        onlyFor(type === 'tmpfs', key, type);
        numbers.size =
          parseSize(value ?? '') ??
          invalid(`invalid value for size: ${value}`, 'a size is written like 64m or 1g');
        break;
      case 'mode':
      case 'uid':
      case 'gid':
        numbers[name] =
          parseUnsigned(value ?? '', name === 'mode' ? 8 : 10) ??
          invalid(
            `invalid value ${value} for ${name}`,
            name === 'mode' ? 'a mode is an octal number, such as 0755' : 'it is a number, not a name',
          );
        break;
      default:
        if (isShown(name)) strings[name] = value ?? '';
    }
  }
  const switches = { type, required, readOnly: readOnly ?? (type !== 'cache' && type !== 'tmpfs') };
  const mount = Object.assign(switches, strings, numbers, given({ sharing }));
  checkMount(mount);
  return mount;
}

function checkMount(mount: ResolvedMount): void {
  const { type } = mount;
  if (type === 'bind' || type === 'tmpfs') {
    for (const name of ['mode', 'uid', 'gid'] as const) {
      if (mount[name] !== undefined)
        throw syntaxError(
          `${name} not allowed for "${type}" type mounts`,
          'only type=cache, secret and ssh have it',
        );
    }
  }
  if (type === 'secret') {
    if (mount.from)
      throw syntaxError(
        'secret mount should not have a from',
        'secrets are given to the build, with --secret',
      );
    if (mount.sharing) throw syntaxError('secret mount should not define sharing');
    if (!mount.source && !mount.target && !mount.id) {
      throw syntaxError(
        'invalid secret mount. one of source, target required',
        'name the secret: --mount=type=secret,id=NAME',
      );
    }
    if (mount.source && mount.id)
      throw syntaxError("both source and id can't be set", 'source is another name of id');
  }
  if (type === 'ssh' && mount.source)
    throw syntaxError('ssh does not support source', 'id names the agent, target where its socket is to be');
  if (mount.sharing && type !== 'cache')
    throw syntaxError(`invalid cache sharing set for ${type} mount`, 'only type=cache has sharing');
}

function parseFields(text: string): Field[] {
  return parseCsvRecord(text).map((field) => {
    const equals = field.indexOf('=');
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals === -1 ? undefined : field.slice(equals + 1);
    const name = Object.hasOwn(CANONICAL_KEYS, key) ? CANONICAL_KEYS[key] : undefined;
    const isSwitch = name === 'readonly' || name === 'readwrite' || name === 'required';
    if (value === undefined && !isSwitch)
      throw syntaxError(`invalid field '${field}' must be a key=value pair`, `write ${key}=VALUE`);
    if (name === undefined) {
      throw syntaxError(
        `unexpected key '${key}' in '${field}'`,
        didYouMean(key, Object.keys(CANONICAL_KEYS)),
      );
    }
    return { key, name, value };
  });
}

function isShown(name: string): name is 'from' | 'source' | 'target' | 'id' | 'env' {
  return name === 'from' || name === 'source' || name === 'target' || name === 'id' || name === 'env';
}

function lastValue(fields: readonly Field[], name: string): string | undefined {
  return fields.findLast((field) => field.name === name)?.value;
}

function constantType(fields: readonly Field[]): MountType | undefined {
  const value = lastValue(fields, 'type') ?? 'bind';
  return /[$'"\\`]/.test(value) ? undefined : oneOf(MOUNT_TYPES, value, 'unsupported mount type');
}

function flag(key: string, value: string | undefined): boolean {
  if (value === undefined) return true;
  return parseBoolean(value) ?? invalid(`invalid value for ${key}: ${value}`);
}

function oneOf<T extends string>(options: readonly T[], value: string | undefined, problem: string): T {
  const wanted = (value ?? '').toLowerCase();
  const option = options.find((option) => option === wanted);
  if (option === undefined)
    throw syntaxError(
      `${problem} ${quote(value ?? '')}`,
      didYouMean(wanted, options) ?? `there are ${options.join(', ')}`,
    );
  return option;
}

function onlyFor(allowed: boolean, key: string, type: MountType): void {
  if (!allowed) throw syntaxError(`unexpected key '${key}' for mount type '${type}'`);
}

function invalid(message: string, hint?: string): never {
  throw syntaxError(message, hint);
}

export interface Device {
  readonly name: string;
  readonly required: boolean;
}

export function parseDevice(text: string): Device {
  let name = '';
  let required = false;
  for (const field of parseCsvRecord(text)) {
    const equals = field.indexOf('=');
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals === -1 ? undefined : field.slice(equals + 1);
    if (key === 'required') {
      required = flag(key, value);
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') throw syntaxError(`device name already set to ${name}`);
      name = value;
    } else if (name === '') {
      name = field;
    } else if (value === undefined) {
      throw syntaxError(`invalid field '${field}' must be a key=value pair`);
    } else {
      throw syntaxError(`unexpected key '${key}' in '${field}'`, didYouMean(key, ['name', 'required']));
    }
  }
  return { name, required };
}
