/** What `decant build` gives to RUN steps: secrets, agents, hosts, limits and what they may ask for. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseSize } from '../dockerfile/values.ts';
import type { AgentSource } from '../engine/embedded/agents.ts';
import type { SecretSource } from '../engine/embedded/secrets.ts';
import type { SandboxSettings } from '../engine/embedded/session.ts';
import { DecantError } from '../errors.ts';
import type { Entitlement } from '../plan/plan.ts';
import { parseLimit } from '../sandbox/limits.ts';
import { environment } from './io.ts';

export interface RunFlags {
  readonly network: 'default' | 'host' | 'none';
  readonly secret?: readonly string[];
  readonly ssh?: readonly string[];
  readonly allow?: readonly string[];
  readonly addHost?: readonly string[];
  readonly shmSize?: string;
  readonly ulimit?: readonly string[];
}

export interface RunSettings {
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly agentSources: ReadonlyMap<string, AgentSource>;
  readonly allow: ReadonlySet<Entitlement>;
  readonly sandbox: Omit<SandboxSettings, 'certificates'>;
}

/** Private keys are small; anything larger is another file. */
const MAX_KEY = 1024 * 1024;

/** @throws DecantError USAGE, FILE_UNREADABLE */
export function runSettings(flags: RunFlags): RunSettings {
  const network = flags.network === 'none' ? 'none' : 'host';
  return {
    secrets: new Map((flags.secret ?? []).map(parseSecret)),
    agentSources: new Map((flags.ssh ?? []).map(parseAgent)),
    allow: allowed(flags.allow ?? [], network),
    sandbox: {
      network,
      ...(flags.addHost ? { hosts: flags.addHost.map(parseHost) } : {}),
      ...(flags.shmSize === undefined ? {} : { sharedMemory: sizeOf(flags.shmSize) }),
      ...(flags.ulimit ? { limits: flags.ulimit.map(parseLimit) } : {}),
    },
  };
}

/** `id=ID[,src=FILE|,env=VARIABLE]`; without either, the variable of that name, else the file. */
function parseSecret(text: string): [string, SecretSource] {
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const equals = field.indexOf('=');
    const key = equals < 0 ? field : field.slice(0, equals).toLowerCase();
    const name = key === 'source' ? 'src' : key;
    if (equals < 0 || !['id', 'src', 'env', 'type'].includes(name))
      throw wrongSecret(text, `"${field}" is no field of a secret`);
    fields.set(name, field.slice(equals + 1));
  }
  const [id, type, source, variable] = ['id', 'type', 'src', 'env'].map((name) => fields.get(name));
  if (id === undefined || id === '') throw wrongSecret(text, 'it has no id');
  if (type !== undefined && type !== 'file' && type !== 'env')
    throw wrongSecret(text, `"${type}" is no type`);
  if (source !== undefined && variable !== undefined)
    throw wrongSecret(text, 'it is either of a file or of a variable');
  if (variable !== undefined || type === 'env') return [id, fromVariable(text, variable ?? source ?? id)];
  if (source === undefined && type === undefined && environment(id) !== undefined)
    return [id, fromVariable(text, id)];
  const path = resolve(source ?? id);
  if (!statSync(path, { throwIfNoEntry: false })) {
    throw new DecantError('FILE_UNREADABLE', `there is no file "${source ?? id}" for the secret ${id}`, {
      hint: `give a file or a variable: --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE`,
    });
  }
  return [id, { type: 'file', path }];
}

function fromVariable(text: string, name: string): SecretSource {
  const value = environment(name);
  if (value === undefined) throw wrongSecret(text, `the environment has no variable ${name}`);
  return { type: 'value', bytes: Buffer.from(value) };
}

function wrongSecret(text: string, why: string): DecantError {
  return new DecantError('USAGE', `--secret "${text}": ${why}`, {
    hint: 'write --secret id=ID,src=FILE or --secret id=ID,env=VARIABLE',
  });
}

/** `ID[=SOCKET|KEY[,KEY]]`; without a path the agent that SSH_AUTH_SOCK names. */
function parseAgent(text: string): [string, AgentSource] {
  const equals = text.indexOf('=');
  const id = equals < 0 ? text : text.slice(0, equals);
  if (id === '') throw new DecantError('USAGE', `--ssh "${text}" has no id`, { hint: 'write --ssh default' });
  const given = equals < 0 ? environment('SSH_AUTH_SOCK') : text.slice(equals + 1);
  if (given === undefined || given === '') {
    throw new DecantError('USAGE', `--ssh ${id}: there is no agent, SSH_AUTH_SOCK is not set`, {
      hint: 'start one (`eval $(ssh-agent)`, `ssh-add`), or name a key: --ssh default=FILE',
    });
  }
  const paths = (equals < 0 ? [given] : given.split(',')).map((path) => resolve(path));
  const kinds = paths.map((path) => statSync(path, { throwIfNoEntry: false }));
  const missing = paths.find((_, index) => !kinds[index]);
  if (missing !== undefined)
    throw new DecantError('FILE_UNREADABLE', `--ssh ${id}: there is no "${missing}"`, {
      hint: 'name a socket of an agent, or a private key',
    });
  const [first = ''] = paths;
  if (kinds[0]?.isSocket()) {
    if (paths.length === 1) return [id, { type: 'socket', path: first }];
    throw new DecantError('USAGE', `--ssh ${id}: only one socket can be given`);
  }
  return [id, { type: 'keys', keys: paths.map((name) => ({ name, bytes: readKey(name) })) }];
}

function readKey(path: string): Uint8Array {
  try {
    if (statSync(path).size <= MAX_KEY) return readFileSync(path);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the key "${path}"`, { cause: error });
  }
  throw new DecantError('USAGE', `--ssh: "${path}" is too large for a private key`);
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`, an IPv6 address with or without brackets. */
function parseHost(text: string): { readonly name: string; readonly address: string } {
  const [, name = '', written = ''] = /^([^:=\s]+)[:=]\[?([^\]\s]+)\]?$/.exec(text) ?? [];
  // Steps have the network of the host, so that is where they find it.
  const address = written === 'host-gateway' ? '127.0.0.1' : written;
  if (isIP(address) !== 0) return { name, address };
  throw new DecantError('USAGE', `--add-host "${text}" is not a name and an address`, {
    hint: 'write --add-host NAME:ADDRESS, such as db:10.0.0.7',
  });
}

/** None for 0, which is Docker's word for its default. */
function sizeOf(text: string): number | undefined {
  const size = parseSize(text);
  if (size !== undefined) return size > 0 ? size : undefined;
  throw new DecantError('USAGE', `--shm-size "${text}" is not a size`, { hint: 'write --shm-size 64m' });
}

/** The host's network is what steps have anyway, unless the build says otherwise. */
function allowed(texts: readonly string[], network: 'host' | 'none'): ReadonlySet<Entitlement> {
  const granted = new Set<Entitlement>(network === 'host' ? ['network.host'] : []);
  for (const text of texts) {
    if (text === 'network.host' || text === 'security.insecure') granted.add(text);
    else if (text === 'device' || text.startsWith('device=') || text.startsWith('buildx.local.'))
      throw new DecantError('USAGE', `--allow ${text}: there is nothing here that it would grant`);
    else {
      throw new DecantError('USAGE', `--allow "${text}" is no entitlement`, {
        hint: 'security.insecure or network.host',
      });
    }
  }
  return granted;
}
