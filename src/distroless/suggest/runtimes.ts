/** Bases for the runtimes that an application asks for: which of the catalogue's have the version. */
import type { PackageIndex } from '../../debian/package.ts';
import type { Language, RuntimeNeed } from '../../inspect/application/facts.ts';
import { satisfies } from '../../inspect/application/version-range.ts';
import { catalogueRecipe } from '../catalogue/catalogue.ts';
import { FAMILIES } from '../catalogue/families.ts';
import type { SuiteVersion } from '../recipe.ts';
import { SUITES } from '../recipe.ts';
import type { Problem, Reason } from './plan.ts';

const NAMES: Readonly<Record<Language, string>> = {
  python: 'Python',
  node: 'Node.js',
  java: 'Java',
  ruby: 'Ruby',
  perl: 'Perl',
  php: 'PHP',
};

/** How a family is told to be of a language, and where its version is. */
const FAMILY_NAMES: Readonly<Record<Language, RegExp>> = {
  python: /^python3$/,
  node: /^nodejs$/,
  java: /^java(\d+)$/,
  ruby: /^ruby$/,
  perl: /^perl-base$/,
  php: /^php-cli$/,
};

/** Packages whose version, or whose name, is that of the runtime. */
const PACKAGES: Readonly<Record<Language, RegExp>> = {
  python: /^python(3\.\d+)-minimal$/,
  node: /^nodejs$/,
  java: /^openjdk-(\d+)-jre-headless$/,
  ruby: /^ruby$/,
  perl: /^perl-base$/,
  php: /^php(\d+\.\d+)-cli$/,
};

export interface ChosenRuntime {
  readonly family: string;
  readonly reasons: readonly Reason[];
}

/** One family for each language, the lowest version that will do. */
export function chooseRuntimes(
  needs: readonly RuntimeNeed[],
  suite: SuiteVersion,
  index: PackageIndex,
): { readonly chosen: readonly ChosenRuntime[]; readonly problems: readonly Problem[] } {
  const chosen: ChosenRuntime[] = [];
  const problems: Problem[] = [];
  for (const language of new Set(needs.map((need) => need.language))) {
    const own = needs.filter((need) => need.language === language);
    const offered = offers(language, suite, index);
    const family = offered.find(({ version }) =>
      own.every(({ versions }) => versions === undefined || satisfies(version, versions)),
    );
    if (family) {
      chosen.push({ family: family.name, reasons: own.map(({ path, reason }) => ({ path, text: reason })) });
      continue;
    }
    const there = offered.map(({ version }) => version).join(' and ') || 'none';
    const unmet = own.filter(
      ({ versions }) =>
        versions !== undefined && !offered.some(({ version }) => satisfies(version, versions)),
    );
    for (const { path, reason } of unmet.length > 0 ? unmet : own) {
      problems.push({
        kind: 'runtime',
        name: NAMES[language],
        neededBy: [path],
        text: `${path} ${reason}; the ${NAMES[language]} of Debian ${suite} (${SUITES[suite].codename}) is ${there}`,
      });
    }
  }
  return { chosen, problems };
}

interface Offer {
  readonly name: string;
  readonly version: string;
}

function offers(language: Language, suite: SuiteVersion, index: PackageIndex): readonly Offer[] {
  return FAMILIES.filter(({ name, suites }) => FAMILY_NAMES[language].test(name) && suites.includes(suite))
    .flatMap(({ name }): readonly Offer[] => {
      for (const found of catalogueRecipe(name, suite)?.packages ?? []) {
        const match = PACKAGES[language].exec(found);
        const upstream = index.versions(found)[0]?.version.replace(/^\d+:/, '');
        if (match && upstream !== undefined) return [{ name, version: match[1] ?? upstream }];
      }
      return [];
    })
    .toSorted((a, b) => Number.parseFloat(a.version) - Number.parseFloat(b.version));
}
