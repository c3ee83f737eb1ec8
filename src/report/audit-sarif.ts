/**
 * An audit as SARIF 2.1.0 (OASIS): a rule for each name, a result for each finding. A finding is of a file in an image;
 * where it is of the config, the image itself stands for the file.
 */
import { createHash } from 'node:crypto';
import { auditRule } from '../audit/rules.ts';
import type { Audit, Finding } from '../audit/types.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export function auditSarif({ image, findings }: Audit, version: string): object {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort();
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'decant', version, rules: ids.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(finding, ids, image.name)),
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
