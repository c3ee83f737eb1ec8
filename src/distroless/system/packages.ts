/** Which packages a full system begins with: those that others count on without saying so, and apt. */
import type { PackageIndex } from '../../debian/package.ts';

/** For systems whose `/usr` is merged from the beginning; the other way is to convert one that is not. */
const MERGED_USR = 'usr-is-merged';

/** Names for the solver: essential packages, those of the priority `required`, apt, and what says that /usr is merged. */
export function systemPackages(index: PackageIndex): readonly string[] {
  return index.names().filter((name) => {
    const [newest] = index.versions(name);
    if (!newest) return false;
    return newest.essential || newest.priority === 'required' || name === 'apt' || name === MERGED_USR;
  });
}
