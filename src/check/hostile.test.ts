/** Whatever the text, a check ends in a report, and soon: a build checks every Dockerfile before it does anything. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outlineOf, targetsOf } from '../dockerfile/outline.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { DecantError } from '../errors.ts';
import { parsePlatform } from '../oci/platform.ts';
import { checkDockerfile } from './check.ts';
import { SLOWNESS } from '../../test/support/speed.ts';

const SIZE = 64 * 1024;
const platform = parsePlatform('linux/amd64');

async function survive(source: string): Promise<void> {
  const started = process.cpuUsage();
  const request = {
    source,
    file: 'Dockerfile',
    buildArguments: new Map(),
    platform,
    buildPlatform: platform,
  };
  const report = await checkDockerfile({
    ...request,
    rules: 'all',
    ignore: { matches: (path) => path.length % 2 === 0 },
    findBase: () => Promise.resolve(undefined),
  });
  const lines = source.split('\n').length;
  for (const { lines: place } of report.findings)
    expect(place.start >= 1 && place.start <= place.end && place.end <= lines).toBe(true);
  if (!report.error) describeAll(source);
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(1000 * SLOWNESS);
}

function describeAll(source: string): void {
  try {
    const dockerfile = parseDockerfile(source);
    targetsOf(dockerfile);
    outlineOf(dockerfile, { buildArguments: new Map(), automatic: new Map() });
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
  }
}

const upTo = (start: string, piece: string): string =>
  start + piece.repeat(Math.ceil((SIZE - start.length) / piece.length)).slice(0, SIZE - start.length);

describe('64 KiB of', () => {
  test.each([
    ['FROM a\n', 'FROM a\n'],
    ['FROM a AS a\n', 'FROM a AS a\n'],
    ['FROM scratch AS a\n', 'FROM a AS a\nCOPY --from=a x /\nCMD x\n'],
    ['FROM scratch AS a\n', 'FROM a AS a\nENV A=$B\n'],
    ['FROM scratch\n', 'ENV A $B\n'],
    ['FROM scratch\n', 'USER a\nCMD b\nENTRYPOINT c\n'],
    ['FROM scratch\n', 'COPY --chown=$a $b $c /d\n'],
    ['FROM scratch\nCOPY ', '$a '],
    ['ARG ', 'a=$a '],
    ['FROM a\n', '# check=skip=A,B\nMAINTAINER x\n'],
    ['# check=skip=', 'A,'],
    ['FROM a\n', 'EXPOSE 1:1/TCP ::: \n'],
    ['FROM a\nEXPOSE ', '1:2:3/TCP '],
    ['FROM a\n', 'RUN apt-get update && apt-get install gcc\n'],
    ['FROM a\nRUN ', "a && 'b"],
    ['FROM a\nRUN ', 'a://b:c'],
    ['FROM a\nRUN ', 'x'],
    ['FROM a\n', 'ONBUILD CMD x\n'],
    ['FROM a AS b\nONBUILD ENV A=$B\n', 'FROM b\n'],
    ['FROM a\n', 'RUN --mount=type=secret,id=a --mount=type=ssh x\n'],
  ])('%j and %j', async (start, piece) => {
    await survive(upTo(start, piece));
  });

  test('names, all of them different', async () => {
    const different = (line: (index: number) => string): string =>
      Array.from({ length: 3000 }, (_, index) => line(index))
        .join('')
        .slice(0, SIZE - 10);
    await survive(`FROM scratch\n${different((index) => `ENV a${index}=$b${index}\n`)}`);
    await survive(different((index) => `FROM a${index} AS b${index}\n`));
    await survive(
      different(
        (index) => `FROM ${index === 0 ? 'scratch' : `b${index - 1}`} AS b${index}\nENV c${index}=1\n`,
      ),
    );
  });
});

const pieces =
  'FROM a|FROM a AS b|FROM b|FROM $x|RUN x|RUN --mount=from=b,target=$y z|COPY $x /y|COPY --from=b x y|ADD x /|ENV A b|ENV A=$A|ARG A=$B|ARG x|CMD x|ENTRYPOINT ["x"]|HEALTHCHECK CMD x|USER $A|WORKDIR a|EXPOSE $A 1:2|VOLUME $A|SHELL ["a"]|ONBUILD RUN x|LABEL a $b|STOPSIGNAL $A|MAINTAINER x|# check=skip=all|# a b|\\|'.split(
    '|',
  );

test('any lines in any order', async () => {
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((all) => all.join('\n'));
  await fc.assert(fc.asyncProperty(text, survive), { numRuns: 500 });
});
