/** Debian's names of architectures (Debian Policy 11.1) for the platforms that images have. */
import { DecantError } from '../errors.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';

const NAMES: Readonly<Record<string, string>> = {
  amd64: 'amd64',
  arm64: 'arm64',
  'arm/v7': 'armhf',
  'arm/v6': 'armel',
  'arm/v5': 'armel',
  '386': 'i386',
  ppc64le: 'ppc64el',
  s390x: 's390x',
  riscv64: 'riscv64',
  mips64le: 'mips64el',
  loong64: 'loong64',
};

/** `amd64` for linux/amd64, `armhf` for linux/arm/v7. Throws IMAGE_PLATFORM where Debian has no name. */
export function debianArchitecture(platform: Platform): string {
  const { os, architecture, variant } = platform;
  const name = NAMES[architecture] ?? NAMES[`${architecture}/${variant ?? 'v7'}`];
  if (os === 'linux' && name !== undefined) return name;
  throw new DecantError('IMAGE_PLATFORM', `there are no Debian packages for ${formatPlatform(platform)}`);
}
