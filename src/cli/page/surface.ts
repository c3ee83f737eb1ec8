/** What the page shows of an audit. */
import { auditRule } from '../../audit/rules.ts';
import type { Audit, Finding } from '../../audit/types.ts';
import type { PageFinding, PageSurface } from '../../report/page/data.ts';
import { cleanLine } from '../../report/text/clean.ts';

export function pageSurface({ score, findings }: Audit): PageSurface {
  return {
    score: score.value,
    grade: score.grade,
    points: score.points,
    findings: findings.map((finding): PageFinding => ({
      kind: auditRule(finding.rule).title,
      level: finding.level,
      points: finding.points,
      place: placeOf(finding),
      detail: cleanLine(detailOf(finding)),
      neededBy: finding.neededBy && cleanLine(finding.neededBy),
    })),
  };
}

function placeOf({ path, state, layer }: Finding): string {
  const place = path === undefined ? PLACES[state] : `/${path}`;
  const isGone = state === 'deleted' || state === 'replaced';
  return isGone && layer ? `${place} (layer ${layer.index + 1}, ${state})` : place;
}

const PLACES: Readonly<Record<Finding['state'], string>> = {
  visible: 'the image',
  deleted: 'a layer',
  replaced: 'a layer',
  config: 'the config',
  history: 'the history',
};

/** A message begins with the path where there is one, and that has a column of its own. */
function detailOf({ message, path }: Finding): string {
  const prefix = `/${path}: `;
  return path !== undefined && message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
