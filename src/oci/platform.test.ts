import { describe, expect, test } from 'vitest';

import { bestMatch, formatPlatform, hostPlatform, parsePlatform, type Platform } from './platform.ts';

const host: Platform = { architecture: 'amd64', os: 'linux' };

describe('platforms as typed and as normalised', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['windows', 'windows/amd64'],
    ['macos', 'darwin/amd64'],
    ['LINUX/AMD64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/i386', 'linux/386'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
  ])('%s is %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text, host))).toBe(expected);
  });

  test.each([
    '',
    'toaster',
    'linux/',
    '/amd64',
    'linux/amd64/v1/x',
    'li nux/amd64',
    `linux/${'a'.repeat(65)}`,
  ])('%j is not one', (text) => {
    expect(() => parsePlatform(text, host)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }) as Error,
    );
  });
});

test.each([
  ['x64', 'linux/amd64'],
  ['arm64', 'linux/arm64'],
  ['arm', 'linux/arm/v7'],
  ['ia32', 'linux/386'],
  ['ppc64', 'linux/ppc64le'],
  ['riscv64', 'linux/riscv64'],
])('on a %s machine containers are %s', (arch, expected) => {
  expect(formatPlatform(hostPlatform(arch))).toBe(expected);
});

describe('the best of what is offered', () => {
  test.each([
    ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/386'], 'linux/386'],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
    ['linux/amd64', ['linux/amd64/v2'], undefined],
    ['linux/arm64', ['linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
    ['linux/s390x', ['linux/amd64'], undefined],
    ['linux/amd64', ['windows/amd64', 'unknown/unknown'], undefined],
  ])('for %s among %j is %s', (wanted, offered, expected) => {
    const candidates = offered.map((text) => {
      const [os = '', architecture = '', variant] = text.split('/');
      return { text, platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } };
    });
    expect(bestMatch(candidates, parsePlatform(wanted, host))?.text).toBe(expected);
  });

  test('is one that says nothing, if no other fits', () => {
    const silent = { name: 'silent', platform: undefined };
    const other = { name: 'other', platform: { os: 'linux', architecture: 's390x' } };
    const offered: readonly { readonly name: string; readonly platform?: Platform | undefined }[] = [
      other,
      silent,
    ];
    expect(bestMatch(offered, host)).toBe(silent);
  });
});
