/**
 * Platforms: `linux/arm64/v8` as text and as the object of OCI image-spec image-index.md. Names are normalised and
 * images chosen as containerd's `platforms` package does, so that the same request finds the same image everywhere.
 */
import { DecantError } from '../errors.ts';
import { defined } from './json.ts';
import type { Fields } from './json.ts';

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

const OPERATING_SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows'.split(
    ' ',
  ),
);
const ARCHITECTURES = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' '),
);
const ALIASES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  i386: ['386'],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};
/** Node's `process.arch` where the name is not the one Go uses. */
const NODE_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
};
const COMPONENT = /^[A-Za-z0-9_.-]{1,64}$/;

/** Parses `os[/arch[/variant]]`, or an operating system or architecture alone. Throws REFERENCE_INVALID. */
export function parsePlatform(text: string, host: Platform = hostPlatform()): Platform {
  const parts = text.split('/');
  const [first = '', architecture, variant] = parts;
  if (parts.length > 3 || !parts.every((part) => COMPONENT.test(part))) throw invalid(text);
  if (architecture !== undefined) {
    return normalizePlatform(defined<Platform>({ architecture, os: first, variant }));
  }
  const alone = normalizePlatform({ architecture: first, os: host.os });
  if (ARCHITECTURES.has(alone.architecture)) return alone;
  const { os } = normalizePlatform({ architecture: host.architecture, os: first });
  if (!OPERATING_SYSTEMS.has(os)) throw invalid(text);
  return defined<Platform>({ architecture: host.architecture, os, variant: host.variant });
}

/** `linux/arm64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** What containers run as on this machine: always Linux, also on a Mac. */
export function hostPlatform(arch: string = process.arch): Platform {
  return normalizePlatform({ architecture: NODE_ARCHITECTURES[arch] ?? arch, os: 'linux' });
}

/** Lower case, aliases resolved, the variant left out where it is the architecture's only or first one. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const name = platform.architecture.toLowerCase();
  const [architecture, implied] = ALIASES[name] ?? [name];
  const variant = normalizeVariant(architecture, implied ?? platform.variant?.toLowerCase() ?? '');
  return defined<Platform>({
    architecture,
    os: os === 'macos' ? 'darwin' : os,
    'os.version': platform['os.version'],
    'os.features': platform['os.features'],
    variant: variant === '' ? undefined : variant,
  });
}

/** Whether an image for `offered` is one for `wanted` exactly. */
export function samePlatform(offered: Platform, wanted: Platform): boolean {
  return formatPlatform(normalizePlatform(offered)) === formatPlatform(normalizePlatform(wanted));
}

/**
 * The first of the candidates that fits best: the platform itself, else the nearest that a processor of this
 * platform also runs (`amd64` runs `386`, `arm/v7` runs `arm/v6`). Undefined when none does. A candidate without
 * platform fits anything, last: an index of one manifest often says nothing.
 */
export function bestMatch<T extends { readonly platform?: Platform | undefined }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  for (const acceptable of compatible(normalizePlatform(wanted))) {
    const found = candidates.find(({ platform }) => platform && samePlatform(platform, acceptable));
    if (found) return found;
  }
  return candidates.find(({ platform }) => platform === undefined);
}

export function decodePlatform(fields: Fields): Platform {
  return defined<Platform>({
    architecture: fields.required('architecture', fields.string('architecture')),
    os: fields.required('os', fields.string('os')),
    'os.version': fields.string('os.version'),
    'os.features': fields.strings('os.features'),
    variant: fields.string('variant'),
  });
}

function normalizeVariant(architecture: string, variant: string): string {
  if (architecture === 'arm') {
    if (variant === '') return 'v7';
    return /^\d+$/.test(variant) ? `v${variant}` : variant;
  }
  if (architecture === 'arm64' && (variant === '8' || variant === 'v8')) return '';
  if (architecture === 'amd64' && variant === 'v1') return '';
  return variant;
}

function compatible(platform: Platform): readonly Platform[] {
  const { architecture, os, variant = '' } = platform;
  const level = /^v(\d{1,2})$/.exec(variant)?.[1];
  const below = (name: string, from: number, to: number): Platform[] =>
    Array.from({ length: Math.max(0, from - to + 1) }, (_, step) =>
      normalizePlatform({ architecture: name, os, variant: `v${from - step}` }),
    );
  if (architecture === 'amd64') {
    return [platform, ...below('amd64', Number(level ?? 1) - 1, 1), { architecture: '386', os }];
  }
  if (architecture === 'arm') return [platform, ...below('arm', Number(level ?? 7) - 1, 5)];
  if (architecture === 'arm64') return [platform, { architecture: 'arm64', os }, ...below('arm', 8, 5)];
  return [platform];
}

function invalid(text: string): DecantError {
  return new DecantError('REFERENCE_INVALID', `invalid platform ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'write os/architecture or os/architecture/variant, like linux/amd64 or linux/arm/v7',
  });
}
