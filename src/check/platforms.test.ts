import { describe, expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import { checkPlatforms } from './platforms.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'].map((text) => parsePlatform(text));

async function check(source: string) {
  const [buildPlatform] = PLATFORMS as [(typeof PLATFORMS)[0]];
  const findBase = () => Promise.resolve(undefined);
  const request = { source, file: 'Dockerfile', buildArguments: new Map(), buildPlatform, findBase };
  const { findings, error } = await checkPlatforms(request, PLATFORMS);
  return { said: findings.map(({ rule, message }) => `${rule.name}: ${message}`), error };
}

/** A stage for each architecture. */
const byArchitecture = (amd64: string, arm64: string): string =>
  `ARG TARGETARCH\nFROM scratch AS amd64\n${amd64}\nFROM scratch AS arm64\n${arm64}\nFROM \${TARGETARCH}\nUSER 1\n`;

describe('a Dockerfile for several platforms', () => {
  test('says once what is the same for all', async () => {
    const { said } = await check('FROM scratch\nENV a b\n');
    expect(said).toEqual([expect.stringMatching(/^LegacyKeyValueFormat: [^(]*"ENV key=value" [^(]*\(?/)]);
    expect(said.join()).not.toContain('linux/');
  });

  test('says for which it is where it is not for all', async () => {
    const { said } = await check(byArchitecture('COPY a /a', 'CMD start'));
    expect(said.filter((each) => each.startsWith('ShellMissing'))).toHaveLength(1);
    const { said: parents } = await check(`${byArchitecture('ENV X=1', 'ENV Y=1')}ENV Z=$X\n`);
    expect(parents).toEqual([expect.stringMatching(/^UndefinedVar: .*\(for linux\/arm64\)$/)]);
  });

  test('an error of one alone says so too', async () => {
    const { error } = await check('ARG TARGETARCH\nFROM ${TARGETARCH#amd64}\nUSER 1\n');
    expect(error).toMatchObject({ message: expect.stringMatching(/\(for linux\/amd64\)$/) as string });
  });
});
