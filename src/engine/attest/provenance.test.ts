import { expect, test } from 'vitest';
import { parsePlatform } from '../../oci/platform.ts';
import { joinPlans } from '../../plan/join-plans.ts';
import type { RemoteSource } from '../../plan/operation.ts';
import { plan } from '../../plan/testing.ts';
import type { Remote } from '../remote/remotes.ts';
import { provenance } from './provenance.ts';
import type { BuildFacts, ProvenanceOptions } from './provenance.ts';

const remote = (source: RemoteSource): Remote => ({
  key: () => Promise.reject(new Error('nothing is fetched')),
  tree: () => Promise.reject(new Error('nothing is fetched')),
  time: () => Promise.resolve(undefined),
  identity: () =>
    Promise.resolve({ uri: source.type === 'http' ? source.url : 'git', digest: { sha256: 'ab' } }),
});

interface Predicate {
  readonly buildDefinition: {
    readonly externalParameters: { readonly configSource: object; readonly request: object };
    readonly internalParameters: object;
    readonly resolvedDependencies: readonly { readonly uri: string }[];
  };
  readonly runDetails: { readonly metadata: object };
}

async function provenanceOf(
  text: string,
  options: ProvenanceOptions,
  given: Partial<BuildFacts> = {},
): Promise<Predicate> {
  const joined = joinPlans([await plan(text, { platform: parsePlatform('linux/amd64') })]);
  const facts: BuildFacts = {
    plan: joined,
    buildArguments: new Map(),
    labels: {},
    network: 'host',
    version: '9',
    ...given,
  };
  const [target] = joined.targets;
  if (!target) throw new Error('no target');
  const layers = () => Promise.resolve([]);
  const open = () => Buffer.alloc(0);
  return (await provenance(facts, options).predicate({ target, layers, open, remote })) as Predicate;
}

const TEXT = `
FROM base AS unused
FROM base AS build
ADD https://example.org/a.tar /
RUN --mount=type=secret,id=key --mount=type=secret,id=must,required=true --mount=type=ssh make
FROM scratch
COPY --from=build /out /
`;

test('names what the image stands on, by digest, and nothing else', async () => {
  const { buildDefinition } = await provenanceOf(TEXT, { mode: 'min' });
  expect(buildDefinition.resolvedDependencies.map(({ uri }) => uri)).toEqual([
    'https://example.org/a.tar',
    'pkg:docker/base@latest?platform=linux%2Famd64',
  ]);
});

test('mode=min keeps arguments, secrets, steps and the Dockerfile to itself', async () => {
  const given = { buildArguments: new Map([['A', 'argument']]), labels: { l: 'label' }, target: '1' };
  const text = JSON.stringify(await provenanceOf(TEXT, { mode: 'min' }, given));
  for (const hidden of ['argument', '"label', '"key"', 'steps', 'infos']) expect(text).not.toContain(hidden);
  expect(text).toContain('"args":{"target":"1"}');
});

test('mode=max has them: of secrets the ids, of arguments that promise a secret nothing', async () => {
  const buildArguments = new Map([
    ['A', 'argument'],
    ['API_TOKEN', 'hunter2'],
  ]);
  const found = await provenanceOf(TEXT, { mode: 'max' }, { buildArguments, labels: { l: 'label' } });
  expect(found.buildDefinition.externalParameters.request).toEqual({
    frontend: 'dockerfile.v0',
    args: { 'build-arg:A': 'argument', 'label:l': 'label' },
    locals: [{ name: 'dockerfile' }],
    secrets: [
      { id: 'key', optional: true },
      { id: 'must', optional: false },
    ],
    ssh: [{ id: 'default', optional: true }],
  });
  expect(JSON.stringify(found)).not.toContain('hunter2');
  expect(found.runDetails.metadata).toMatchObject({ buildkit_completeness: { request: false } });
  expect(found.buildDefinition.internalParameters).toMatchObject({
    buildConfig: {
      steps: [
        { stage: 'build', line: 3 },
        { stage: 'build', line: 4 },
        { stage: 'build', line: 5 },
        { stage: '2', line: 7 },
      ],
    },
  });
});

test.each([
  ['FROM scratch\nADD https://example.org/a /', true, true],
  ['FROM scratch\nCOPY a /', true, false],
  ['FROM base\nRUN make', false, false],
  ['FROM base\nRUN --network=none make', true, true],
])('%s is hermetic: %s, and complete: %s', async (text, hermetic, complete) => {
  const { runDetails } = await provenanceOf(text, { mode: 'max' });
  expect(runDetails.metadata).toMatchObject({
    buildkit_hermetic: hermetic,
    buildkit_completeness: { request: true, resolvedDependencies: complete },
  });
});

test('a context from elsewhere is the source, and what is in it counts as known', async () => {
  const origin = { uri: 'https://example.org/r.git#refs/heads/main', digest: { sha1: 'c0' } };
  const found = await provenanceOf('FROM scratch\nCOPY a /', { mode: 'max' }, { origin });
  expect(found.buildDefinition.externalParameters).toMatchObject({
    configSource: { ...origin, path: 'Dockerfile' },
    request: { locals: [] },
  });
  expect(found.buildDefinition.resolvedDependencies).toEqual([origin]);
  expect(found.runDetails.metadata).toMatchObject({ buildkit_completeness: { resolvedDependencies: true } });
});
