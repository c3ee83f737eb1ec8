import { expect, test } from 'vitest';
import { findSuite, isCatalogueSuite } from './suites.ts';

test.each<[string, string | undefined]>([
  ['13', 'debian trixie'],
  ['bookworm', 'debian bookworm'],
  ['debian:12', 'debian bookworm'],
  ['24.04', 'ubuntu noble'],
  ['noble', 'ubuntu noble'],
  ['ubuntu:jammy', 'ubuntu jammy'],
  ['ubuntu:13', undefined],
  ['debian:noble', undefined],
  ['fedora:42', undefined],
  ['', undefined],
])('%s', (text, wanted) => {
  const suite = findSuite(text);
  expect(suite && `${suite.id} ${suite.codename}`).toBe(wanted);
});

test("the catalogue's are Debian's", () => {
  expect(['12', '13', 'noble'].map((name) => isCatalogueSuite(findSuite(name) as never))).toEqual([
    true,
    true,
    false,
  ]);
});
