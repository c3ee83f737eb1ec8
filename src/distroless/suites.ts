/** Releases of distributions whose packages decant composes from. */

export interface Suite {
  readonly id: 'debian' | 'ubuntu';
  /** `13`, `24.04`. */
  readonly version: string;
  /** `trixie`, `noble`: the release's folder in `dists/`. */
  readonly codename: string;
}

/** Those of the catalogue, by the number that people know. */
export const SUITES = {
  '12': { id: 'debian', version: '12', codename: 'bookworm' },
  '13': { id: 'debian', version: '13', codename: 'trixie' },
} as const satisfies Record<string, Suite>;

export type SuiteVersion = keyof typeof SUITES;

const UBUNTU: readonly Suite[] = [
  ['22.04', 'jammy'],
  ['24.04', 'noble'],
  ['25.10', 'questing'],
  ['26.04', 'resolute'],
].map(([version = '', codename = '']) => ({ id: 'ubuntu', version, codename }));

const ALL: readonly Suite[] = [...Object.values(SUITES), ...UBUNTU];

/** By number or code name, with the distribution in front where one likes (`ubuntu:noble`). */
export function findSuite(text: string): Suite | undefined {
  const [, id, name] = /^(?:([a-z]+):)?(.+)$/.exec(text) ?? [];
  return ALL.find(
    (suite) => (id === undefined || suite.id === id) && (suite.version === name || suite.codename === name),
  );
}

/** For hints: `12 (bookworm)`, … */
export function suiteNames(): readonly string[] {
  return ALL.map(({ version, codename }) => `${version} (${codename})`);
}

export function isCatalogueSuite(suite: Suite): suite is (typeof SUITES)[SuiteVersion] {
  return suite.version in SUITES;
}
