/** Resource limits of a process (getrlimit(2)), as `--ulimit` names them. */
import { DecantError } from '../errors.ts';
import type { CallStep } from './static-program.ts';

/** Numbers of include/uapi/asm-generic/resource.h, which x64 and arm64 share. */
const RESOURCES = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const;

export interface Limit {
  readonly name: keyof typeof RESOURCES;
  /** -1 is no limit. */
  readonly soft: number;
  readonly hard: number;
}

/**
 * `name=soft[:hard]`, as Docker reads it: one number is both, -1 is no limit.
 *
 * @throws DecantError USAGE
 */
export function parseLimit(text: string): Limit {
  const [, name = '', soft = '', hard = soft] =
    /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  const limit = { soft: Number(soft), hard: Number(hard) };
  if (!isResource(name)) {
    throw new DecantError('USAGE', `--ulimit "${text}" is not a limit`, {
      hint: `write NAME=SOFT[:HARD]; names are ${Object.keys(RESOURCES).join(', ')}`,
    });
  }
  if (limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard))
    throw new DecantError('USAGE', `--ulimit "${text}": the soft limit is above the hard one`);
  return { name, ...limit };
}

function isResource(name: string): name is Limit['name'] {
  return Object.hasOwn(RESOURCES, name);
}

export function setLimit({ name, soft, hard }: Limit): CallStep {
  const value = Buffer.alloc(16);
  value.writeBigInt64LE(BigInt(soft), 0);
  value.writeBigInt64LE(BigInt(hard), 8);
  return {
    call: 'prlimit64',
    args: [0, RESOURCES[name], value, 0],
    failure: {
      message: `cannot set the limit ${name}=${soft}:${hard}: it is above what this user may have`,
      status: 126,
    },
  };
}
