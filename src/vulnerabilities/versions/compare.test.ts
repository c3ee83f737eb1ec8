import { describe, expect, test } from 'vitest';
import { versionOrder } from './compare.ts';

/** Each line in rising order, as the ecosystem's own tools have it. */
const RISING: readonly (readonly [string, string])[] = [
  ['Debian:13', '1.0~rc1-1 1.0-1 1.0-1+b1 1.0-1+deb13u1 1.0-2 1.0+dfsg-1 1.10-1 1:0.1-1'],
  ['Ubuntu:24.04:LTS', '3.0.13-0ubuntu3 3.0.13-0ubuntu3.4 3.0.13-0ubuntu3.10'],
  ['Alpine:v3.20', '1.2_alpha1 1.2_beta 1.2_rc1 1.2 1.2-r1 1.2-r10 1.2_p1 1.2a 1.2.1 1.10'],
  ['AlmaLinux:9', '1.0~rc1-1 1.0-1.el9 1.0-1.el9_2 1.0-2.el9 1.0^git1-1 1.0.1-1 1.10-1 1:0.1-1'],
  ['npm', '1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.10.0'],
  ['crates.io', '0.9.9 1.0.0-rc.1 1.0.0'],
  ['Go', '1.21.0-0 1.21rc2 1.21.0 1.21.10 v1.22.0'],
  ['Go', 'v0.0.0-20190101000000-abcdefabcdef v0.0.0-20200101000000-abcdefabcdef v0.1.0'],
  ['PyPI', '1.0.dev1 1.0a1 1.0b2 1.0rc1 1.0 1.0.post1 1.1 1.10 1!0.1'],
  ['Maven', '1.0-alpha-1 1.0-beta-1 1.0-m2 1.0-rc1 1.0-SNAPSHOT 1.0 1.0-sp 1.0-foo 1.0-1 1.0.1 1.1 1.10'],
];

describe('versions', () => {
  test.each(RISING)('of %s: %s', (ecosystem, line) => {
    const versions = line.split(' ');
    const compare = versionOrder(ecosystem);
    for (const [at, a] of versions.entries()) {
      for (const [other, b] of versions.entries())
        expect(Math.sign(compare?.(a, b) ?? NaN), `${a} ${b}`).toBe(Math.sign(at - other));
    }
  });

  test.each([
    ['PyPI', '1.0', '1.0.0'],
    ['Maven', '1', '1.0.0'],
    ['Maven', '1.0', '1.0-ga'],
    ['Maven', '1.0.RELEASE', '1'],
    ['Maven', '1-cr1', '1-rc1'],
    ['npm', '1.0.0', '1.0.0+build'],
    ['Go', 'v1.2.3', '1.2.3'],
    ['Go', '1.22', '1.22.0'],
    ['AlmaLinux:9', '0:1.0-1', '1.0-1'],
  ])('of %s that are the same: %s, %s', (ecosystem, a, b) => {
    expect(versionOrder(ecosystem)?.(a, b)).toBe(0);
    expect(versionOrder(ecosystem)?.(b, a)).toBe(0);
  });

  test('of an ecosystem that is not known have no order', () => {
    expect(versionOrder('Elsewhere')).toBeUndefined();
  });
});
