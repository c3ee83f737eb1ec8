/**
 * Checks a Dockerfile: BuildKit's rules, and those of decant for images that hold the application and nothing else.
 * Nothing is built, and nothing is fetched.
 */
import { DecantError } from '../errors.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { inOrder, lintDockerfile, OF_THE_TEXT } from '../dockerfile/lint/lint.ts';
import type { BaseFacts } from '../dockerfile/lint/options.ts';
import { createReporter } from '../dockerfile/lint/reporter.ts';
import type { Finding } from '../dockerfile/lint/rule.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { formatPlatform, parsePlatform, type Platform } from '../oci/platform.ts';
import { lintOptions, type LintSettings } from '../plan/lint-options.ts';
import type { BaseKnowledge, FindBase } from './base.ts';
import { checkOwn } from './own-checks.ts';
import { knownBase } from './known-bases.ts';
import { planError } from './plan-error.ts';

export interface CheckRequest extends LintSettings {
  readonly source: string;
  /** The Dockerfile's name for messages. */
  readonly file: string;
  readonly findBase: FindBase;
  /** `all`, or only BuildKit's and what keeps an image from working (the default). */
  readonly rules?: 'all' | undefined;
  /** Rules to leave out besides those that the Dockerfile skips. */
  readonly skip?: readonly string[] | undefined;
}

export interface CheckReport {
  readonly file: string;
  readonly source: string;
  /** In the order of lines. */
  readonly findings: readonly Finding[];
  /** What keeps the Dockerfile from being read to its end; its code is that of the error a build would end with. */
  readonly error?: DecantError | undefined;
  /** `# check=error=true`: a build would fail for the findings. */
  readonly failOnFindings: boolean;
}

/** @throws DecantError only of what is not the Dockerfile's fault, such as a damaged store */
export async function checkDockerfile(request: CheckRequest): Promise<CheckReport> {
  const { source, file } = request;
  try {
    const dockerfile = parseDockerfile(source, { file });
    return { file, source, ...(await findingsOf(dockerfile, request)) };
  } catch (error) {
    if (!(error instanceof DecantError) || !OF_THE_TEXT.test(error.code)) throw error;
    return { file, source, findings: [], failOnFindings: false, error };
  }
}

async function findingsOf(
  dockerfile: Dockerfile,
  request: CheckRequest,
): Promise<Pick<CheckReport, 'findings' | 'failOnFindings' | 'error'>> {
  const { skip = [], rules, platform } = request;
  const bases = createBases(request);
  const options = lintOptions(request, {
    allStages: true,
    base: async (name, { text }) => factsOf(await bases(name, parsePlatform(text))),
  });
  const { findings, failOnFindings, options: check, ...rest } = await lintDockerfile(dockerfile, options);
  const error = rest.error ?? (await planError(dockerfile, request, bases));
  const reporter = createReporter(check, [...findings]);
  if (!error) {
    await checkOwn(dockerfile, options, reporter, (name, text) => {
      return bases(name, (text === undefined ? undefined : attemptPlatform(text)) ?? platform);
    });
  }
  const isAsked = ({ rule }: Finding): boolean =>
    !skip.includes(rule.name) && (rules === 'all' || rule.origin === 'buildkit' || rule.level === 'error');
  return { findings: inOrder(reporter.findings.filter(isAsked)), failOnFindings, error };
}

function attemptPlatform(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof DecantError) return undefined;
    throw error;
  }
}

/** An image is looked up once, however many stages and checks ask for it. */
function createBases({ findBase }: Pick<CheckRequest, 'findBase'>): FindBase {
  const found = new Map<string, Promise<BaseKnowledge | undefined>>();
  return (name, platform) => {
    const key = `${formatPlatform(platform)} ${name}`;
    let base = found.get(key);
    if (!base) found.set(key, (base = findBase(name, platform).then((image) => image ?? knownBase(name))));
    return base;
  };
}

function factsOf(base: BaseKnowledge | undefined): BaseFacts | undefined {
  return base?.env && { env: base.env, shell: base.shell, onBuild: base.onBuild, platform: base.platform };
}
