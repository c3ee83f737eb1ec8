/**
 * The order of Alpine's versions (apk-tools, "package version"): numbers between dots, a letter, suffixes of which some
 * come before a release (`_alpha` to `_rc`) and some after (`_cvs` to `_p`), and the revision `-r`.
 */

const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const VERSION = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?$/;

export function compareApk(a: string, b: string): number {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)];
  // What apk does not take for a version has no order; equal texts are the same.
  if (!left || !right) return Number(a > b) - Number(a < b);
  return (
    compareNumbersOf(left[1] ?? '', right[1] ?? '') ||
    compareTexts(left[2] ?? '', right[2] ?? '') ||
    compareSuffixes(left[3] ?? '', right[3] ?? '') ||
    compareNumbers(left[4] ?? '0', right[4] ?? '0')
  );
}

/** The first counts as a number; one of the others that begins with a zero as a fraction does. */
function compareNumbersOf(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const isFraction = at > 0 && (x.startsWith('0') || y.startsWith('0'));
    const order = isFraction ? compareTexts(x, y) : compareNumbers(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSuffixes(a: string, b: string): number {
  const [left, right] = [suffixesOf(a), suffixesOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    const order = (x?.rank ?? NONE) - (y?.rank ?? NONE) || compareNumbers(x?.number ?? '0', y?.number ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

const NONE = SUFFIXES.indexOf('');

function suffixesOf(text: string): readonly { readonly rank: number; readonly number: string }[] {
  return [...text.matchAll(/_([a-z]+)(\d*)/g)].map(([, name = '', number = '']) => {
    return { rank: SUFFIXES.indexOf(name), number: number === '' ? '0' : number };
  });
}

function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || compareTexts(left, right);
}
