/** The checks that go with a build: BuildKit's, of the stages that are built, with what is known now of their bases. */
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { lintDockerfile } from '../dockerfile/lint/lint.ts';
import type { BaseFacts } from '../dockerfile/lint/options.ts';
import type { Finding } from '../dockerfile/lint/rule.ts';
import { DecantError } from '../errors.ts';
import { lintOptions, type LintSettings } from '../plan/lint-options.ts';
import type { ResolvedImage } from '../plan/operation.ts';

/**
 * @param images The base images that planning has found, by the names that FROM has.
 * @throws DecantError CHECK_FAILED where the Dockerfile wants findings to fail the build; DOCKERFILE_SYNTAX
 */
export async function lintForBuild(
  dockerfile: Dockerfile,
  settings: LintSettings,
  images: ReadonlyMap<string, ResolvedImage>,
): Promise<readonly Finding[]> {
  const base = (name: string): Promise<BaseFacts | undefined> => Promise.resolve(factsOf(images.get(name)));
  const { findings, failOnFindings } = await lintDockerfile(
    dockerfile,
    lintOptions(settings, { allStages: false, base }),
  );
  const [first] = findings;
  if (!failOnFindings || !first) return findings;
  const names = [...new Set(findings.map(({ rule }) => rule.name))];
  const { file, source } = dockerfile;
  throw new DecantError('CHECK_FAILED', `lint violation found for rules: ${names.join(', ')}`, {
    place: { file, source, ...first.lines },
    hint: '`decant build --check` shows each with its place; check=error=true makes them fail the build',
  });
}

function factsOf(image: ResolvedImage | undefined): BaseFacts | undefined {
  if (!image) return undefined;
  const { Env = [], Shell, OnBuild } = image.config.config ?? {};
  return { env: Env, shell: Shell, onBuild: OnBuild };
}
