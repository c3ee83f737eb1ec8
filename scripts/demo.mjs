/**
 * The demo: examples built into container images twice, once with everything that was needed to build them and once
 * poured; both asked the same; both sizes side by side. Without arguments it is the calculator, with names it is those
 * examples, with `--all` every one, and a table of them all.
 *
 * Images are left in the store (`bin/decant images`), so that a second run is a matter of seconds.
 */
import { buildBoth, ensureBase } from './demo/build.mjs';
import { askCalculator } from './demo/calculator.mjs';
import { compareSizes, showOverview } from './demo/compare.mjs';
import { EXAMPLES, findExample } from './demo/examples.mjs';
import { askService } from './demo/service.mjs';
import { bad, title } from './demo/terminal.mjs';
import { runMain, Stop } from './processes.mjs';
import { setUp } from './setup.mjs';

const USAGE = `usage: npm run demo                the calculator
       npm run demo -- EXAMPLE…   these examples
       npm run demo -- --all      all of them, and a table

${EXAMPLES.map(({ name, language, onto }) => `  ${name.padEnd(16)}${language}, onto ${onto}`).join('\n')}
`;

await runMain(async () => {
  const names = process.argv.slice(2);
  if (names.includes('--help') || names.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const examples = chosen(names);
  await setUp('demo');
  await ensureBase();
  const results = [];
  for (const example of examples) results.push(await show(example, examples.length > 1));
  if (examples.length > 1) showOverview(results);
  return results.find(({ status }) => status !== 0)?.status ?? 0;
});

function chosen(names) {
  const wrong = names.filter((name) => name !== '--all' && !findExample(name));
  if (wrong.length > 0)
    throw new Stop(`there is no example called ${wrong.join(' or ')}\n\n${USAGE.trimEnd()}`, 2);
  if (names.includes('--all')) return EXAMPLES;
  return names.length === 0 ? [findExample('calculator')] : [...new Set(names)].map(findExample);
}

/** Of several examples one may fail and the others are shown, unless what it failed for would fail them too. */
async function show(example, isOneOfSeveral) {
  try {
    const seconds = await buildBoth(example);
    title(`the same ${example.name === 'calculator' ? 'expressions' : 'requests'}, asked of both images`);
    const sameAnswers = await (example.name === 'calculator' ? askCalculator : askService)(example);
    title('what is shipped');
    const { isGood, images, ratio } = await compareSizes(example);
    return { example, seconds, images, ratio, status: sameAnswers && isGood ? 0 : 1 };
  } catch (error) {
    if (!(error instanceof Stop) || !isOneOfSeveral || error.status >= 3) throw error;
    process.stderr.write(`${bad(`error: ${error.message}`)}\n`);
    return { example, status: error.status };
  }
}
