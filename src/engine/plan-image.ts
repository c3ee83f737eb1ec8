/** The first half of a build: from a Dockerfile's text to one plan for all platforms, before anything is done. */
import { foreignFrontEnd, ofForeignFrontEnd } from '../dockerfile/front-end.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import type { RunMount } from '../dockerfile/mounts.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { planBuild } from '../plan/build-plan.ts';
import { createGraph } from '../plan/graph.ts';
import type { Graph } from '../plan/graph.ts';
import { joinPlans } from '../plan/join-plans.ts';
import type { JoinedPlan } from '../plan/join-plans.ts';
import type { ResolvedImage } from '../plan/operation.ts';
import type { NamedContext, Entitlement, Plan } from '../plan/plan.ts';
import { resolveBase } from './base-image.ts';
import type { BaseSources } from './base-image.ts';
import type { Ignore } from './leave-out.ts';
import { lintForBuild } from './lint-plan.ts';

export interface PlanRequest extends BaseSources {
  /** The Dockerfile's text, and its name for messages. */
  readonly source: string;
  readonly file: string;
  readonly target?: string | undefined;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What is built for, each once; this machine's without any. */
  readonly platforms?: readonly Platform[] | undefined;
  readonly contexts?: ReadonlyMap<string, NamedContext> | undefined;
  readonly allow?: ReadonlySet<Entitlement> | undefined;
  /** What the context's ignore file leaves out, for the check of what COPY asks for. */
  readonly ignore?: Ignore | undefined;
  /** Mounts of every RUN step, before its own. */
  readonly runMounts?: readonly RunMount[] | undefined;
}

/** @throws DecantError of the Dockerfile, of an unknown stage or image */
export async function planImage(request: PlanRequest): Promise<JoinedPlan> {
  const { platforms = [hostPlatform()] } = request;
  const frontEnd = foreignFrontEnd(request.source, request.buildArguments.get('BUILDKIT_SYNTAX'));
  const dockerfile = parse(request, frontEnd);
  const graph = createGraph();
  const plans: Plan[] = [];
  // One after the other: what one brings into the store, the next finds there.
  for (const platform of platforms) plans.push(await planFor(request, dockerfile, platform, graph));
  const plan = joinPlans(plans);
  if (frontEnd === undefined) return plan;
  const message = `the front end ${frontEnd} is not run here: the file is read as a Dockerfile`;
  return { ...plan, warnings: [{ message }, ...plan.warnings] };
}

function parse({ source, file }: PlanRequest, frontEnd: string | undefined): Dockerfile {
  try {
    return parseDockerfile(source, { file });
  } catch (error) {
    throw ofForeignFrontEnd(error, frontEnd);
  }
}

async function planFor(
  request: PlanRequest,
  dockerfile: Dockerfile,
  platform: Platform,
  graph: Graph,
): Promise<Plan> {
  const buildPlatform = hostPlatform();
  const images = new Map<string, ResolvedImage>();
  const { target, buildArguments, labels, allow, ignore } = request;
  const plan = await planBuild(dockerfile, {
    target,
    buildArguments,
    labels,
    contexts: request.contexts,
    allow,
    runMounts: request.runMounts,
    platform,
    buildPlatform,
    graph,
    async resolveImage(reference, wanted) {
      const image = await resolveBase(request, reference, wanted);
      images.set(reference, image);
      return image;
    },
  });
  const settings = { target, buildArguments, platform, buildPlatform, ignore };
  const findings = await lintForBuild(dockerfile, settings, images);
  const warnings = findings.map(({ rule, message, lines }) => {
    return { message: `${rule.name}: ${message} (line ${lines.start})`, line: lines.start, rule: rule.name };
  });
  return { ...plan, warnings: [...warnings, ...plan.warnings] };
}
