/**
 * Decides which maintainer scripts (Debian Policy, chapter 6) can be left alone. Scripts that only debhelper wrote are
 * recognised by what they are made of, others by the table of those that were read; every other one is an error, so
 * that nothing a package needs is left out in silence.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import { DecantError } from '../../errors.ts';
import { type KnownScripts, knownScripts, type ScriptName } from './known-scripts.ts';

/** A recipe's word that a package's scripts are not needed. */
export interface AllowedScripts {
  readonly name: string;
  readonly reason: string;
}

/** What became of the scripts of one package. */
export interface ScriptDecision {
  readonly package: string;
  readonly scripts: readonly ScriptName[];
  readonly reason: string;
  readonly hooks: readonly string[];
}

/** Removal scripts (prerm, postrm) are never run on a new system, so they need no decision. */
const SCRIPTS: readonly ScriptName[] = ['preinst', 'postinst', 'config'];

/**
 * What was decided of the packages that have scripts, in the order given.
 *
 * @throws DecantError PACKAGE_SCRIPT_UNKNOWN naming every package with a script that is neither known nor allowed
 */
export function checkScripts(
  debs: readonly Pick<Deb, 'name' | 'scripts'>[],
  allowed: readonly AllowedScripts[] = [],
): readonly ScriptDecision[] {
  const decisions: ScriptDecision[] = [];
  const unknown: string[] = [];
  for (const { name, scripts } of debs) {
    const present = SCRIPTS.filter((script) => scripts.has(script));
    if (present.length === 0) continue;
    const permission = allowed.find((one) => one.name === name);
    const known = knownOf(name);
    const left = present.filter(
      (script) => !known?.scripts.includes(script) && !isGenerated(scripts.get(script) ?? ''),
    );
    if (left.length > 0 && !permission) {
      unknown.push(`the ${left.join(' and ')} of "${name}"`);
      continue;
    }
    const reason = permission?.reason ?? known?.reason ?? GENERATED;
    decisions.push({ package: name, scripts: present, reason, hooks: known?.hooks ?? [] });
  }
  if (unknown.length > 0) {
    throw new DecantError(
      'PACKAGE_SCRIPT_UNKNOWN',
      `packages have maintainer scripts that decant does not know: ${unknown.join(', ')}`,
      {
        hint: 'no script of a package is run; read what it does, and if the image does not need it (or the recipe\'s own files do it), list the package under "allow-scripts" with that reason, or exclude the package',
      },
    );
  }
  return decisions;
}

export function knownOf(name: string): KnownScripts | undefined {
  return knownScripts.find((known) => patternOf(known.package).test(name));
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll('.', String.raw`\.`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}

const GENERATED = 'made by debhelper: upgrades, services, menus and byte code only';

/** Parts that debhelper adds and that a new image without services does not need. */
const GENERATORS = new Set([
  'dh_installdeb', // removal and renaming of files of older versions
  'dh_installinit',
  'dh_installsystemd',
  'dh_installsystemduser',
  'dh_systemd_enable',
  'dh_systemd_start',
  'dh_installmenu',
  'dh_makeshlibs', // ldconfig
  'dh_python3', // byte code
  'dh_pypy',
]);

/** Whether nothing is left of a script without debhelper's parts and what does nothing by itself. */
export function isGenerated(script: string): boolean {
  let generator: string | undefined;
  let dispatch = false;
  for (const raw of script.split('\n')) {
    const line = raw.trim();
    const [, begins] = /^# Automatically added by (dh_\w+)(?:\/\S+)?$/.exec(line) ?? [];
    if (begins !== undefined) {
      if (generator !== undefined || !GENERATORS.has(begins)) return false;
      generator = begins;
    } else if (line === '# End automatically added section') {
      if (generator === undefined) return false;
      generator = undefined;
    } else if (generator === undefined && line !== '' && !line.startsWith('#') && !NOTHING.test(line)) {
      // `case "$1" in … esac` whose branches hold nothing of their own.
      if (/^case "?\$\{?1\}?"? in$/.test(line) && !dispatch) dispatch = true;
      else if (dispatch && line === 'esac') dispatch = false;
      else if (
        !dispatch ||
        !/^\(?[a-z|* -]+\)\s*(?:;;)?$|^;;$|^echo [^`$();&|<>]*(?:\$1[^`$();&|<>]*)?(?:>&2)?$/.test(line)
      )
        return false;
    }
  }
  return generator === undefined && !dispatch;
}

const NOTHING = /^(?:set -e[ux]*|exit [01]?|:|true)$/;
