/** The order of versions is dpkg's own. */
import { execFile } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { versionText } from '../../src/debian/testing/versions.ts';
import { compareVersions } from '../../src/debian/version.ts';

test('dpkg gives 10 000 generated pairs the same order', async () => {
  const pairs = fc.sample(fc.tuple(versionText, versionText), { numRuns: 10_000, seed: 1 });
  const wrong: string[] = [];
  // One shell runs many of them: starting it is most of the time.
  const script =
    'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo "<"; elif dpkg --compare-versions "$a" eq "$b"; then echo "="; else echo ">"; fi; done';
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile('sh', ['-c', script], { maxBuffer: 1024 * 1024 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(pairs.map(([a, b]) => `${a} ${b}\n`).join(''));
  });
  const orders = output.trim().split('\n');
  expect(orders).toHaveLength(pairs.length);
  for (const [index, [a, b]] of pairs.entries()) {
    const own = ['<', '=', '>'][Math.sign(compareVersions(a, b)) + 1];
    if (own !== orders[index]) wrong.push(`${a} ${orders[index]} ${b}, not ${own}`);
  }
  expect(wrong).toEqual([]);
});
