/**
 * An audit as SARIF 2.1.0 (OASIS): a rule for each name, a result for each finding. A finding is of a file in an image;
 * where it is of the config, the image itself stands for the file. Attempts to break in that worked are results too.
 */
import { createHash } from 'node:crypto';
import type { AttemptKind, BreakIn } from '../audit/break-in/types.ts';
import { auditRule } from '../audit/rules.ts';
import type { Audit, Finding } from '../audit/types.ts';
import { attemptName, ATTEMPTS, type Success, successesOf } from './break-in.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export function auditSarif({ image, findings }: Audit, version: string, attempts?: BreakIn): object {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort();
  const successes = attempts ? successesOf(attempts) : [];
  const kinds = [...new Set(successes.map(({ attempt }) => attempt.kind))].sort();
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'decant',
            version,
            rules: [...ids.map(descriptor), ...kinds.map(attemptDescriptor)],
          },
        },
        columnKind: 'utf16CodeUnits',
        results: [
          ...findings.map((finding) => result(finding, ids, image.name)),
          ...successes.map((success) =>
            attemptResult(success, ids.length + kinds.indexOf(success.attempt.kind), image.name),
          ),
        ],
      },
    ],
  };
}

function descriptor(id: string): object {
  const { title, why, fix, level, points } = auditRule(id);
  return {
    id,
    name: id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why}\n\nFix: ${fix}`, markdown: `${why}\n\n**Fix:** ${fix}` },
    defaultConfiguration: { level },
    properties: { tags: ['container-image', 'attack-surface'], points },
  };
}

function result(finding: Finding, ids: readonly string[], image: string): object {
  const { rule, level, message, path, state, points, program, neededBy, exception, layer } = finding;
  const what = `${rule}\0${path ?? message}\0${program?.appletOf === undefined ? '' : program.name}`;
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level,
    message: { text: message },
    ...place(image, path, what),
    ...(exception && {
      suppressions: [{ kind: 'external', status: 'accepted', justification: exception.reason }],
    }),
    properties: {
      points,
      state,
      ...(neededBy !== undefined && { neededBy }),
      ...(layer && { layer: layer.index }),
      ...(program && { capabilities: program.capabilities }),
    },
  };
}

function attemptDescriptor(kind: AttemptKind): object {
  const text = `Breaking in: ${ATTEMPTS[kind]}`;
  return {
    id: `break-in-${kind}`,
    name: `break-in-${kind}`,
    shortDescription: { text },
    fullDescription: { text: `${text}. It was tried in a container of the image, and it worked.` },
    defaultConfiguration: { level: 'warning' },
    properties: { tags: ['container-image', 'break-in'] },
  };
}

function attemptResult({ who, attempt }: Success, ruleIndex: number, image: string): object {
  const { kind, what, args, detail } = attempt;
  return {
    ruleId: `break-in-${kind}`,
    ruleIndex,
    level: 'warning',
    message: { text: `${attemptName(attempt)} worked as ${who}${detail === '' ? '' : `: ${detail}`}` },
    ...place(image, undefined, `break-in\0${kind}\0${what}\0${who}`),
    properties: { user: who, args },
  };
}

/** @param what That a result is the same as one of another run. */
function place(image: string, path: string | undefined, what: string): object {
  return {
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: (path ?? image).split('/').map(encodeURIComponent).join('/') },
          region: { startLine: 1 },
        },
        logicalLocations: [
          { fullyQualifiedName: path === undefined ? image : `${image}:/${path}`, kind: 'resource' },
        ],
      },
    ],
    partialFingerprints: { 'decant/v1': createHash('sha256').update(what).digest('hex') },
  };
}
