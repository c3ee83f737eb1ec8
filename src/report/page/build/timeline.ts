/** The timeline of each build: which step ran when, beside which others, and for how long. */
import { formatDuration } from '../../text/duration.ts';
import type { PageBuild, PageImage, PageStep } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { TONES } from '../map/draw.ts';

export function timeline(images: readonly PageImage[]): Html | undefined {
  const built = images.flatMap(({ name, build }) =>
    build && build.steps.length > 0 ? [{ name, build }] : [],
  );
  if (built.length === 0) return undefined;
  return html`<section id="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title">The build, step by step</h2>
    ${built.map(({ name, build }) => timelineOf(name, build))}
  </section>`;
}

function timelineOf(name: string, build: PageBuild): Html {
  const stages = [...new Set(build.steps.map(({ stage }) => stage))];
  const end = Math.max(1, ...build.steps.map(({ startedAt = 0, milliseconds }) => startedAt + milliseconds));
  const reused = build.steps.filter(({ status }) => status === 'cached').length;
  const told = `${build.steps.length} steps in ${formatDuration(build.milliseconds)}${reused > 0 ? `, ${reused} of them from the cache` : ''}`;
  return html`<div class="scroll" role="region" aria-label="Timeline of ${name}" tabindex="0">
    <table class="timeline">
      <caption>
        ${name}
        <span>${told}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">stage</th>
          <th scope="col">step</th>
          <th scope="col" class="n">time</th>
          <th scope="col" class="bar">${axis(end)}</th>
        </tr>
      </thead>
      <tbody>
        ${build.steps.map((step) => stepRow(step, stages.indexOf(step.stage), end))}
      </tbody>
    </table>
  </div>`;
}

function stepRow(
  { stage, text, status, startedAt, milliseconds }: PageStep,
  tone: number,
  end: number,
): Html {
  const time = status === 'cached' ? 'cached' : status === 'done' ? formatDuration(milliseconds) : status;
  return html`<tr class="${status === 'failed' ? 'failed' : 'step'}">
    <td>${stage}</td>
    <td><code>${text}</code></td>
    <td class="n">${time}</td>
    <td class="bar">
      ${startedAt !== undefined && status !== 'cached' && html`<svg width="100%" height="16" aria-hidden="true"><rect class="t${tone % TONES}" x="${percent(startedAt, end)}" width="${percent(Math.max(milliseconds, end / 400), end)}" height="16" rx="2" /></svg>`}
    </td>
  </tr> `;
}

/** Marks at round times, four or so. */
function axis(end: number): Html {
  const step = roundStep(end / 4);
  const marks = [];
  for (let at = 0; at <= end && marks.length < 12; at += step) marks.push(at);
  return html`<span class="hidden-text">when, from 0 to ${formatDuration(end)}</span
    ><svg width="100%" height="16" aria-hidden="true">
      ${marks.map(
        (at) =>
          html`<text x="${percent(at, end)}" y="12" ${at > end * 0.94 && html` text-anchor="end"`}
            >${label(at)}</text
          >`,
      )}
    </svg>`;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);

function roundStep(milliseconds: number): number {
  if (milliseconds < 1000)
    return [10, 20, 50, 100, 200, 500, 1000].find((each) => each >= milliseconds) ?? 1000;
  return STEPS.find((each) => each >= milliseconds) ?? Math.ceil(milliseconds / 3_600_000) * 3_600_000;
}

function label(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')} min`;
}

function percent(part: number, whole: number): string {
  return `${((part * 100) / whole).toFixed(2)}%`;
}
