import { expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import { createGraph } from './graph.ts';
import { joinPlans } from './join-plans.ts';
import type { JoinedPlan } from './join-plans.ts';
import { plan } from './testing.ts';

async function planFor(text: string, ...platforms: readonly string[]): Promise<JoinedPlan> {
  const graph = createGraph();
  const plans = platforms.map((platform) => plan(text, { graph, platform: parsePlatform(platform) }));
  return joinPlans(await Promise.all(plans));
}

/** The steps of the build, each once, as progress names them. */
function stepsOf({ stages }: JoinedPlan): readonly string[] {
  const steps = new Map(stages.flatMap((stage) => stage.steps).map((step) => [step.id, step]));
  return [...steps.values()].map(({ stage, index, text }) => `[${stage} ${index}] ${text}`);
}

const CROSS = `
FROM --platform=$BUILDPLATFORM base AS build
RUN fetch
ARG TARGETARCH
RUN make
FROM scratch
COPY --from=build /out /
`;

test('what is the same for all platforms is done once; the rest says for which it is', async () => {
  const joined = await planFor(CROSS, 'linux/amd64', 'linux/arm64');
  expect(stepsOf(joined)).toEqual([
    '[linux/amd64 build 1] FROM --platform=$BUILDPLATFORM base AS build',
    '[linux/amd64 build 2] RUN fetch',
    '[linux/amd64 build 3] RUN make',
    '[linux/amd64->arm64 build 3] RUN make',
    '[linux/amd64 1 1] COPY --from=build /out /',
    '[linux/arm64 1 1] COPY --from=build /out /',
  ]);
  expect(joined.targets.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
});

test('a stage that is the same for all is there once, and each target has a config of its own', async () => {
  const text =
    'FROM scratch AS files\nCOPY a /\nFROM scratch\nCOPY --from=files a /\nARG TARGETARCH\nENV A=$TARGETARCH';
  const joined = await planFor(text, 'linux/amd64', 'linux/arm64', 'linux/riscv64');
  expect(joined.stages.map(({ name }) => name)).toEqual(['files', '1']);
  const variables = joined.targets.map(({ stage }) => stage.config.Env?.at(-1));
  expect(variables).toEqual(['A=amd64', 'A=arm64', 'A=riscv64']);
});

test('for one platform everything is called as in the Dockerfile', async () => {
  const joined = await planFor(CROSS, 'linux/arm64');
  expect(joined.stages.map(({ name }) => name)).toEqual(['build', '1']);
  expect(joined.stages[0]?.steps.map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2']);
});

test('a warning of each platform is told once', async () => {
  const joined = await planFor('FROM scratch\nCOPY $MISSING a /', 'linux/amd64', 'linux/arm64');
  const texts = joined.warnings.map(({ message }) => message);
  expect(texts).toEqual([...new Set(texts)]);
});
