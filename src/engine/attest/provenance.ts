/**
 * Where an image comes from (SLSA, Provenance v1): the Dockerfile, what it was given, and every image, repository and
 * file that it stands on, by digest. The parameters are laid out as BuildKit lays them out (docs/attestations/
 * slsa-definitions.md there), for the tools that read them. No clock is read and no number drawn, so that the same build
 * has the same provenance; docs/provenance.md says what is where.
 */
import { basename } from 'node:path';
import type { Dockerfile } from '../../dockerfile/instruction.ts';
import { isSecretName } from '../../dockerfile/lint/secrets.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import type { ExecOperation, Operation } from '../../plan/operation.ts';
import type { Identity } from '../remote/remotes.ts';
import type { Attested, Attestor } from './attestation.ts';
import { dependenciesOf } from './dependencies.ts';
import { operationsOf } from './operations.ts';

export const PROVENANCE = 'https://slsa.dev/provenance/v1';

/** Says what the parameters mean: a document in the package that every release carries. */
const BUILD_TYPE = 'pkg:npm/decant#docs/provenance.md';

export interface ProvenanceOptions {
  /** `min` leaves out what was given on the command line, the Dockerfile and the steps. */
  readonly mode: 'min' | 'max';
  /** Who builds, as a URI. */
  readonly builderId?: string | undefined;
  readonly fileName?: string | undefined;
  /** What whoever builds claims of the result. */
  readonly reproducible?: boolean | undefined;
  readonly inlineOnly?: boolean | undefined;
}

/** What was asked for. */
export interface BuildFacts {
  readonly plan: JoinedPlan;
  /** `--target` */
  readonly target?: string | undefined;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a context that came from elsewhere; else files of this machine are used. */
  readonly origin?: Identity | undefined;
  /** Of RUN steps that do not say it. */
  readonly network: 'host' | 'none';
  /** Of decant. */
  readonly version: string;
}

export function provenance(facts: BuildFacts, options: ProvenanceOptions): Attestor {
  return {
    predicateType: PROVENANCE,
    fileName: options.fileName ?? 'provenance.json',
    inlineOnly: options.inlineOnly,
    predicate: (attested) => predicate(facts, options, attested),
  };
}

async function predicate(
  facts: BuildFacts,
  options: ProvenanceOptions,
  { target, remote }: Attested,
): Promise<object> {
  const { origin, version, plan } = facts;
  const isMax = options.mode === 'max';
  const used = operationsOf(target.stage.operation);
  const execs = used.filter((operation) => operation.kind === 'exec');
  const isHermetic = execs.every(
    ({ network }) => (network === 'default' ? facts.network : network) === 'none',
  );
  const usesFiles =
    origin === undefined && used.some(({ kind, ...rest }) => kind === 'source' && isContext(rest));
  const given = argumentsOf(facts);
  const { file } = plan.dockerfile;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        // Where a file is on this machine is nobody's business.
        configSource: { ...origin, path: origin ? file : basename(file) },
        request: {
          frontend: 'dockerfile.v0',
          args: {
            ...(facts.target === undefined ? {} : { target: facts.target }),
            ...(isMax ? given.args : {}),
          },
          locals: origin ? [] : [...(usesFiles ? [{ name: 'context' }] : []), { name: 'dockerfile' }],
          ...(isMax ? lentTo(execs) : {}),
        },
      },
      internalParameters: {
        builderPlatform: formatPlatform(hostPlatform()),
        ...(isMax ? { buildConfig: { steps: stepsOf(plan, used) } } : {}),
      },
      resolvedDependencies: [...(origin ? [origin] : []), ...(await dependenciesOf(target, remote))],
    },
    runDetails: {
      builder: { id: options.builderId ?? '', version: { decant: version } },
      metadata: {
        buildkit_hermetic: isHermetic,
        buildkit_completeness: {
          request: isMax && given.isComplete,
          resolvedDependencies: !usesFiles && isHermetic,
        },
        buildkit_reproducible: options.reproducible ?? false,
        ...(isMax ? { buildkit_metadata: { source: { infos: [sourceOf(plan.dockerfile)] } } } : {}),
      },
    },
  };
}

function isContext(rest: object): boolean {
  return 'source' in rest && (rest.source as { readonly type: string }).type === 'context';
}

/** An argument whose name promises a secret keeps its value to itself. */
function argumentsOf({ buildArguments, labels }: BuildFacts) {
  const shown = [...buildArguments].filter(([name]) => !isSecretName(name));
  const args = [
    ...shown.map(([name, value]) => [`build-arg:${name}`, value] as const),
    ...Object.entries(labels).map(([name, value]) => [`label:${name}`, value] as const),
  ];
  args.sort(([a], [b]) => (a < b ? -1 : 1));
  return { args: Object.fromEntries(args), isComplete: shown.length === buildArguments.size };
}

/** Secrets and agents that steps were lent, by id: never what they are. */
function lentTo(execs: readonly ExecOperation[]) {
  const mounts = execs.flatMap((exec) => exec.mounts);
  const lent = (type: 'secret' | 'ssh') => {
    const optional = new Map<string, boolean>();
    for (const mount of mounts) {
      if (mount.type === type && 'required' in mount)
        optional.set(mount.id, !mount.required && (optional.get(mount.id) ?? true));
    }
    return [...optional]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, isOptional]) => ({ id, optional: isOptional }));
  };
  return { secrets: lent('secret'), ssh: lent('ssh') };
}

/** The steps of the Dockerfile that the target stands on. Their texts stand in the Dockerfile, without values. */
function stepsOf({ stages, dockerfile }: JoinedPlan, used: readonly Operation[]) {
  const needed = new Set(used);
  const steps = stages.flatMap(({ index, steps: own }) =>
    own
      .filter(({ operation }) => needed.has(operation))
      .map(({ line }) => ({ stage: dockerfile.stages[index]?.name ?? String(index), line })),
  );
  // What several platforms share is there for each.
  return [...new Map(steps.map((step) => [`${step.stage} ${step.line}`, step])).values()];
}

function sourceOf({ file, source }: Dockerfile) {
  return { filename: basename(file), language: 'Dockerfile', data: Buffer.from(source).toString('base64') };
}
