/**
 * What is known of well-known images by their names, for when the image is not in the store. Only what holds for every
 * tag of its kind stands here; what differs between tags is left open.
 */
import { attemptReference } from './reference.ts';
import type { BaseKnowledge } from './base.ts';

interface Family {
  /** Of the familiar name, without tag. */
  readonly names: RegExp;
  /** Of the tag; absent for every tag. */
  readonly tags?: RegExp;
  /** Variables that its config sets besides PATH. Absent where they differ between tags. */
  readonly env?: readonly string[];
  readonly shell?: boolean;
  readonly users?: readonly string[];
  readonly user?: string;
  readonly packageManager?: string;
  readonly compiler?: string;
}

/** The first that fits counts. */
const FAMILIES: readonly Family[] = [
  {
    names: /^gcr\.io\/distroless\//,
    tags: /debug/,
    env: ['SSL_CERT_FILE'],
    users: ['root', 'nobody', 'nonroot'],
  },
  {
    names: /^gcr\.io\/distroless\/(?:static|base|base-nossl|cc)(?:-debian\d+)?$/,
    env: ['SSL_CERT_FILE'],
    shell: false,
    users: ['root', 'nobody', 'nonroot'],
  },
  { names: /^gcr\.io\/distroless\//, shell: false, users: ['root', 'nobody', 'nonroot'] },
  { names: /^cgr\.dev\/chainguard\/static$/, shell: false },
  {
    names: /^(?:alpine|amd64\/alpine|arm64v8\/alpine)$/,
    env: [],
    shell: true,
    user: '',
    packageManager: 'apk',
  },
  { names: /^(?:debian|ubuntu)$/, env: [], shell: true, user: '', packageManager: 'apt' },
  { names: /^busybox$/, env: [], shell: true, user: '' },
  { names: /^fedora$/, shell: true, user: '', packageManager: 'dnf' },
  {
    names: /^(?:rockylinux|almalinux|amazonlinux|oraclelinux|centos)$/,
    shell: true,
    user: '',
    packageManager: 'dnf',
  },
  { names: /^opensuse\/(?:leap|tumbleweed)$/, shell: true, user: '', packageManager: 'zypper' },
  { names: /^archlinux$/, shell: true, user: '', packageManager: 'pacman' },
  {
    names: /^golang$/,
    env: ['GOLANG_VERSION', 'GOTOOLCHAIN', 'GOPATH'],
    shell: true,
    user: '',
    packageManager: "the distribution's package manager",
    compiler: 'the Go toolchain',
  },
  { names: /^rust$/, env: ['RUSTUP_HOME', 'CARGO_HOME', 'RUST_VERSION'], ...toolchain('the Rust toolchain') },
  { names: /^gcc$/, ...toolchain('GCC') },
  { names: /^maven$/, ...toolchain('Maven and a JDK') },
  { names: /^gradle$/, shell: true, packageManager: 'apt', compiler: 'Gradle and a JDK' },
  { names: /^(?:openjdk|eclipse-temurin|amazoncorretto)$/, tags: /jre/, shell: true, user: '' },
  { names: /^(?:openjdk|eclipse-temurin|amazoncorretto)$/, ...toolchain('a JDK') },
  { names: /^(?:haskell|swift|erlang|buildpack-deps)$/, ...toolchain('a compiler') },
  { names: /^mcr\.microsoft\.com\/dotnet\/sdk$/, ...toolchain('the .NET SDK') },
  {
    names: /^(?:node|python|ruby|php|perl|pypy)$/,
    tags: /alpine/,
    shell: true,
    user: '',
    packageManager: 'apk',
  },
  {
    names: /^(?:node|python|ruby|php|perl|pypy)$/,
    tags: /slim/,
    shell: true,
    user: '',
    packageManager: 'apt',
  },
  { names: /^(?:node|python|ruby|perl|pypy)$/, ...toolchain('GCC and headers of libraries') },
];

function toolchain(compiler: string): Pick<Family, 'shell' | 'user' | 'packageManager' | 'compiler'> {
  return { shell: true, user: '', packageManager: "the distribution's package manager", compiler };
}

export function knownBase(name: string): BaseKnowledge | undefined {
  const reference = attemptReference(name);
  if (!reference) return undefined;
  const { repository, tag } = reference;
  const family = FAMILIES.find(({ names, tags }) => names.test(repository) && (tags?.test(tag) ?? true));
  if (!family) return undefined;
  const { env, shell, users, packageManager, compiler } = family;
  const user = family.user ?? (/nonroot/.test(tag) ? 'nonroot' : undefined);
  const hasProgram = (path: string): boolean | undefined =>
    shell === true && path !== '/bin/sh' ? undefined : shell;
  const accounts = users && { users: new Set(users), groups: new Set(users) };
  return {
    env,
    user,
    inside: () => Promise.resolve({ hasProgram, packageManager, compiler }),
    accounts: () => Promise.resolve(accounts),
  };
}
