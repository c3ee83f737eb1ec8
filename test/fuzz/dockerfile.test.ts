/**
 * Any text at all, and any damaged Dockerfile, through the whole way from text to plan: the result is a plan, or one of
 * our own errors whose place is in the text, and soon.
 */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecantError } from '../../src/errors.ts';
import { formatError } from '../../src/cli/format/error.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { planBuild } from '../../src/plan/build-plan.ts';
import type { ResolvedImage } from '../../src/plan/operation.ts';
import { SLOWNESS } from '../support/speed.ts';

const SEED = 7;
/** Of the processor's time, for one text: several times what the longest of these takes. */
const LIMIT_MS = 5000;
const TIME_BOX = { seed: SEED, interruptAfterTimeLimit: 8000, markInterruptAsFailure: false } as const;

const FIXTURES = new URL('../fixtures/dockerfile/', import.meta.url);
const corpus = ['testfiles', 'testfiles-negative'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, FIXTURES)).map((name) =>
    readFileSync(new URL(`${folder}/${name}/Dockerfile`, FIXTURES), 'latin1'),
  ),
);

const BASE: ResolvedImage = {
  reference: 'base',
  digest: `sha256:${'1'.repeat(64)}`,
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: ['PATH=/bin', 'A=b'],
      OnBuild: ['RUN trigger', 'COPY . /x'],
      User: 'somebody',
      WorkingDir: '/w',
    },
    rootfs: { type: 'layers', diff_ids: [] },
  },
  layers: [],
};

async function survives(source: string): Promise<void> {
  const started = process.cpuUsage();
  try {
    const dockerfile = parseDockerfile(source, { file: 'Dockerfile' });
    const plan = await planBuild(dockerfile, {
      buildArguments: new Map([['ARGUMENT', 'a value']]),
      platform: parsePlatform('linux/amd64'),
      buildPlatform: parsePlatform('linux/arm64'),
      resolveImage: (reference) =>
        reference.length % 5 === 0
          ? Promise.reject(new DecantError('IMAGE_UNKNOWN', 'no such image'))
          : Promise.resolve({ ...BASE, reference }),
    });
    expect(plan.stages).toContain(plan.target);
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    expect(error.message).not.toBe('');
    expect(error.code).toMatch(/^(DOCKERFILE_|STAGE_|IMAGE_|REFERENCE_|COPY_|USER_|IGNORE_)/);
    const { place } = error;
    if (place) {
      const lines = source.split('\n').length;
      expect([place.start >= 1, place.start <= place.end, place.end <= lines], JSON.stringify(place)).toEqual(
        [true, true, true],
      );
    }
    // As it is printed: one line with the code, and no control characters.
    const printed = formatError(error, { color: false, debug: false });
    expect(printed.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
    expect(printed.replaceAll(/[\n\t]/g, '')).toMatch(/^[^\p{Cc}]*$/u);
  }
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(LIMIT_MS * SLOWNESS);
}

const words =
  'FROM base AS one|FROM one|FROM scratch|FROM --platform=$BUILDPLATFORM base|RUN |RUN ["a","b"]|RUN --mount=type=cache,target=/c |COPY |COPY --from=one |COPY --chown=a:b |ADD |ENV |ENV A=b |ARG |ARG A=$B |LABEL |USER |WORKDIR |CMD |ENTRYPOINT |SHELL |EXPOSE |VOLUME |STOPSIGNAL |HEALTHCHECK |ONBUILD |MAINTAINER '.split(
    '|',
  );
const marks = [
  '$',
  '${',
  '}',
  ':-',
  ':+',
  '%',
  '#',
  '"',
  "'",
  '\\',
  '`',
  '=',
  ' ',
  '\t',
  '/',
  '.',
  '..',
  '*',
  '[',
  ']',
  '{',
  '<<EOF',
  'EOF',
  '0',
  '-1',
  '99999999999',
  'a',
  'b c',
  'ä',
  '\0',
  '\x1b',
  '\u2028',
];
const line = fc
  .tuple(
    fc.constantFrom(...words),
    fc.array(fc.oneof(fc.constantFrom(...marks), fc.string({ maxLength: 6 })), { maxLength: 8 }),
  )
  .map(([word, rest]) => word + rest.join(''));
const endings = fc.constantFrom('\n', '\n\n', '\r\n', '\\\n', ' \\ \n', '\n# comment\n', '`\n', '\nEOF\n');
const program = fc
  .tuple(
    fc.constantFrom('', '# escape=`\n', '# syntax=x\n', '\ufeff'),
    fc.array(fc.tuple(line, endings), { maxLength: 12 }),
  )
  .map(([head, lines]) => `${head}FROM base\n${lines.flat().join('')}`);

/** A Dockerfile with pieces cut out, doubled, exchanged with those of another, or overwritten. */
const damaged = fc
  .tuple(
    fc.constantFrom(...corpus),
    fc.constantFrom(...corpus),
    fc.array(
      fc.tuple(fc.nat(5), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), fc.constantFrom(...marks)),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([text, other, changes]) => {
    let result = text;
    for (const [kind, where, length, mark] of changes) {
      const at = Math.floor(where * result.length);
      const piece = result.slice(at, at + length);
      const insert =
        [mark, '', piece + piece, other.slice(at, at + length), mark.repeat(length), '\n'][kind] ?? '';
      result = result.slice(0, at) + insert + result.slice(at + (kind === 0 || kind === 5 ? 0 : length));
    }
    return result;
  });

test.each([
  ['random text', fc.string({ unit: 'binary', maxLength: 400 })],
  ['lines of instructions', program],
  ['damaged Dockerfiles', damaged],
])('%s', async (_, texts) => {
  const property = fc.asyncProperty(texts, (text) => survives(text));
  // So many however long they take, and as many more as there is time for.
  await fc.assert(property, { seed: SEED, numRuns: 100 });
  await fc.assert(property, { ...TIME_BOX, numRuns: 1500 });
});

test.each([
  ['very many stages', 'FROM base\n'.repeat(20_000)],
  ['very many instructions', `FROM base\n${'ENV A=$A$A\n'.repeat(64)}`],
  ['variables that double themselves', `FROM base\nENV A=aaaaaaaaaaaaaaaa\n${'ENV A=$A$A$A$A\n'.repeat(60)}`],
  ['very many triggers', `FROM base\n${'ONBUILD RUN x\n'.repeat(5_000)}`],
  ['a very long line', `FROM base\nRUN ${'a'.repeat(60_000)}\n`],
  ['very many continued lines', `FROM base\nRUN a ${'\\\n b '.repeat(50_000)}\n`],
  ['very many heredocs', `FROM base\nRUN ${'<<A '.repeat(5_000)}\n${'A\n'.repeat(5_000)}`],
  ['very many quotes', `FROM base\nENV ${`"'`.repeat(20_000)}\n`],
  ['very deep variables', `FROM base\nENV A=${'${B:-'.repeat(5_000)}${'}'.repeat(5_000)}\n`],
  ['very many sources', `FROM base\nCOPY ${'a '.repeat(20_000)} /x/\n`],
  ['deep JSON', `FROM base\nCMD ${'['.repeat(20_000)}\n`],
  ['many flags', `FROM base\nRUN ${'--mount=type=cache,target=/x '.repeat(2_000)} x\n`],
])('%s', async (_, text) => {
  await survives(text);
});
