import { describe, expect, test } from 'vitest';
import { findRecipe } from './catalogue/catalogue.ts';
import { formatLock, lockedJlink, lockedPackages, makeLock, parseLock } from './lock.ts';

const RECIPE = findRecipe('static', '13');
const FILE = {
  name: 'tzdata',
  version: '2026f-0',
  architecture: 'all',
  filename: 'pool/t/tzdata.deb',
  size: 10,
  digest: `sha256:${'a'.repeat(64)}`,
};
const RELEASE = {
  suite: 'trixie',
  codename: 'trixie',
  version: '13.8',
  date: new Date('2026-11-21T00:00:00Z'),
  digest: `sha256:${'b'.repeat(64)}`,
  signedBy: [],
};

const lock = makeLock(
  RECIPE,
  new Map([
    ['arm64', [FILE]],
    ['amd64', [FILE, { ...FILE, name: 'base-files' }]],
  ]),
  [RELEASE],
);

test('a lock survives being written', () => {
  expect(parseLock(formatLock(lock), 'x')).toEqual(lock);
});

test('a lock is one package a line, architectures and packages in order', () => {
  const lines = formatLock(lock)
    .split('\n')
    .filter((line) => line.includes('filename'));
  expect(lines.map((line) => /"name":"([^"]+)"/.exec(line)?.[1])).toEqual(['base-files', 'tzdata', 'tzdata']);
  expect(Object.keys(lock.architectures)).toEqual(['amd64', 'arm64']);
});

test('a source package is named where it has another name or version', () => {
  const [own, other] = [
    { name: FILE.name, version: FILE.version },
    { name: 'glibc', version: '2.41-1' },
  ];
  const locked = makeLock(RECIPE, new Map([['amd64', [{ ...FILE, source: own }]]]), []);
  expect(locked.architectures['amd64']).toEqual([FILE]);
  const named = makeLock(RECIPE, new Map([['amd64', [{ ...FILE, source: other }]]]), []);
  expect(parseLock(formatLock(named), 'x').architectures['amd64']).toEqual([{ ...FILE, source: other }]);
});

test('packages are those of the architecture', () => {
  expect(lockedPackages(lock, RECIPE, 'arm64', 'x')).toEqual([FILE]);
});

describe('what jlink takes', () => {
  const recipe = findRecipe('java21-jlink', '13');
  const jdk = (architecture: string) => ({ ...FILE, name: 'openjdk-21-jdk-headless', architecture });
  const packages = new Map([
    ['amd64', [FILE]],
    ['arm64', [FILE]],
  ]);
  const tools = new Map([
    ['arm64', [jdk('arm64'), FILE]],
    ['amd64', [jdk('amd64'), FILE]],
  ]);
  const whole = makeLock(recipe, packages, [RELEASE], tools);

  test('is in the lock for each architecture, and survives being written', () => {
    expect(parseLock(formatLock(whole), 'x')).toEqual(whole);
    expect(lockedJlink(whole, recipe, 'arm64', 'amd64', 'x')).toEqual({
      tools: [jdk('amd64'), FILE],
      target: jdk('arm64'),
    });
  });

  test('is not asked for where nothing is linked', () => {
    expect(lockedJlink(lock, RECIPE, 'amd64', 'amd64', 'x')).toBeUndefined();
  });

  test('that a lock does not have is said, with what to do', () => {
    const one = makeLock(recipe, packages, [RELEASE], new Map([['amd64', [jdk('amd64')]]]));
    expect(() => lockedJlink(one, recipe, 'arm64', 'amd64', 'x.lock')).toThrow(
      expect.objectContaining({
        code: 'LOCK_INVALID',
        hint: expect.stringContaining('--platform linux/amd64,linux/arm64') as string,
      }) as Error,
    );
  });
});

describe('a lock that does not fit is refused', () => {
  test.each([
    ['of another recipe', 'base', '13', 'amd64', 'is the lock of static-debian13 on trixie'],
    ['of another release', 'static', '12', 'amd64', 'not of static-debian12 on bookworm'],
    ['for another architecture', 'static', '13', 's390x', 'has no packages for s390x, only for amd64, arm64'],
  ] as const)('%s', (_what, name, suite, architecture, message) => {
    expect(() => lockedPackages(lock, findRecipe(name, suite), architecture, 'x.lock')).toThrow(message);
  });

  test.each([
    ['{', 'it is not JSON'],
    ['[]', 'it is not a map'],
    ['{"version":2}', 'its version is not 1'],
    ['{"version":1,"name":"a","codename":"b","architectures":{"amd64":{}}}', 'its packages are not a list'],
    [
      '{"version":1,"name":"a","codename":"b","architectures":{"amd64":[{"name":"x"}]}}',
      'a package has no sha256 digest',
    ],
    ['{"version":1,"architectures":{}}', 'a text is missing'],
  ])('%s', (text, message) => {
    expect(() => parseLock(text, 'x.lock')).toThrow(message);
  });
});
