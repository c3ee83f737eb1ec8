/**
 * The stages of a build as vessels: how much each holds, on one scale for all of them, what was poured from one into
 * the next, and the sediment that was left behind.
 */
import { formatBytes } from '../../text/bytes.ts';
import type { PageBuild, PageImage, PageStage } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { broughtInto, fateOf, flowsOf } from './flow.ts';
import type { Flow } from './flow.ts';

export function vessels(images: readonly PageImage[]): Html | undefined {
  const built = images.flatMap(({ name, build }) =>
    build && build.stages.length > 0 ? [{ name, build }] : [],
  );
  if (built.length === 0) return undefined;
  const sizes = built.flatMap(({ build }) => build.stages.map(({ size = 0 }) => size));
  const largest = Math.max(1, ...sizes);
  return html`<section id="stages" aria-labelledby="stages-title">
    <h2 id="stages-title">Stages, and what was poured</h2>
    <p class="lead">
      Each stage is a vessel; levels are on one scale. Hatched is the sediment: what was needed to build, and
      left behind.
    </p>
    <div class="cellar">
      ${built.map(
        ({ name, build }) =>
          html`<figure class="vessels">
            <figcaption><strong>${name}</strong> <span>${story(build)}</span></figcaption>
            <div class="scroll" role="region" aria-label="Stages of ${name}" tabindex="0">
              ${drawing(name, build, largest)}
            </div>
            <details>
              <summary>The stages, as a table</summary>
              ${table(name, build)}
            </details>
          </figure>`,
      )}
    </div>
  </section>`;
}

/** More would be a picture of nothing; the table has them all. */
const MOST_DRAWN = 12;
const PITCH = 216;
const BODY = { width: 132, height: 170, top: 138 };
/** Vessels are full where they begin to narrow. */
const SHOULDER = 20;
const NECK = { width: 40, top: 104 };
const BOTTOM = BODY.top + BODY.height;
const HEIGHT = BOTTOM + 92;

function story({ stages }: PageBuild): string {
  if (stages.length === 1) return 'One stage: everything that was needed to build is shipped.';
  const lefts = stages.map((_stage, index) => fateOf({ stages }, index).left);
  const left = lefts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  if (left === 0 && lefts.includes(undefined)) return `${stages.length} stages.`;
  const about = lefts.includes(undefined) ? 'at least ' : '';
  const sizes = stages.flatMap(({ isTarget, size }) =>
    isTarget && size !== undefined ? [formatBytes(size)] : [],
  );
  const shipped = sizes.length === 0 ? '' : ` ${sizes.join(' and ')} are shipped.`;
  return `${stages.length} stages: ${about}${formatBytes(left)} are left behind.${shipped}`;
}

function drawing(name: string, build: PageBuild, largest: number): Html {
  const first = Math.max(0, build.stages.length - MOST_DRAWN);
  const shown = build.stages.slice(first);
  const flows = flowsOf(build).filter(({ from }) => from >= first);
  const width = shown.length * PITCH;
  return html`<svg
    class="vessel-row"
    viewBox="0 0 ${width} ${HEIGHT}"
    width="${width}"
    height="${HEIGHT}"
    role="img"
    aria-label="Stages of ${name}: ${shown.map(({ name: stage, size }) => `${stage} holds ${known(size)}`).join(', ')}"
  >
    <line class="floor" x1="0" x2="${width}" y1="${BOTTOM + 2}" y2="${BOTTOM + 2}" />
    ${shown.map((stage, at) => vessel(stage, at, build, first + at, largest))}${flows.map((flow) => stream(flow, first))}
  </svg>`;
}

function vessel(stage: PageStage, at: number, build: PageBuild, index: number, largest: number): Html {
  const middle = at * PITCH + PITCH / 2;
  const left = middle - BODY.width / 2;
  const { left: behind } = fateOf(build, index);
  const level = ((stage.size ?? 0) / largest) * (BODY.height - SHOULDER);
  // What is there is seen, if only as a film.
  const full = stage.size === undefined || stage.size === 0 ? 0 : Math.max(level, 1.5);
  const sediment = stage.isTarget || !stage.size || behind === undefined ? 0 : (full * behind) / stage.size;
  const brought = broughtInto(stage);
  const below = stage.base === undefined ? '' : `on ${stage.base}`;
  const with_ = brought.length === 0 ? '' : `with ${brought.join(', ')}`;
  return html`<g class="vessel${stage.isTarget && html` last`}${stage.size === undefined && html` unknown`}"
    >${full > 0 && html`<rect class="wine" x="${left}" y="${round(BOTTOM - full)}" width="${BODY.width}" height="${round(full)}" />`}${sediment > 0 && html`<rect class="sediment" x="${left}" y="${round(BOTTOM - sediment)}" width="${BODY.width}" height="${round(sediment)}" /><rect fill="url(#hatch)" x="${left}" y="${round(BOTTOM - sediment)}" width="${BODY.width}" height="${round(sediment)}" />`}<path
      class="glass"
      d="${outline(middle)}"
    /><text class="stage" x="${middle}" y="${BOTTOM + 24}" text-anchor="middle"
      >${cut(/^\d+$/.test(stage.name) ? `stage ${stage.name}` : stage.name, 24)}</text
    ><text class="size" x="${middle}" y="${BOTTOM + 44}" text-anchor="middle"
      >${known(stage.size)}${stage.isTarget && stage.size !== undefined ? ' shipped' : ''}</text
    ><text class="from" x="${middle}" y="${BOTTOM + 62}" text-anchor="middle">${cut(below, 32)}</text
    ><text class="from" x="${middle}" y="${BOTTOM + 78}" text-anchor="middle">${cut(with_, 32)}</text></g
  >`;
}

/** A carafe: a straight body, so that the level is the measure, and a neck to pour from. */
function outline(middle: number): string {
  const [left, right] = [middle - BODY.width / 2, middle + BODY.width / 2];
  const [neckLeft, neckRight] = [middle - NECK.width / 2, middle + NECK.width / 2];
  const { top } = NECK;
  return `M${neckLeft - 6} ${top - 10}Q${neckLeft} ${top - 6} ${neckLeft} ${top}V${top + 6}Q${neckLeft} ${BODY.top - 8} ${left + 20} ${BODY.top - 6}Q${left} ${BODY.top - 4} ${left} ${BODY.top + 16}V${BOTTOM - 2}Q${left} ${BOTTOM} ${left + 2} ${BOTTOM}H${right - 2}Q${right} ${BOTTOM} ${right} ${BOTTOM - 2}V${BODY.top + 16}Q${right} ${BODY.top - 4} ${right - 20} ${BODY.top - 6}Q${neckRight} ${BODY.top - 8} ${neckRight} ${top + 6}V${top}Q${neckRight} ${top - 6} ${neckRight + 6} ${top - 10}`;
}

function stream({ from, to, paths, size }: Flow, first: number): Html {
  const [start, end] = [from, to].map((index) => (index - first) * PITCH + PITCH / 2) as [number, number];
  const y = NECK.top - 12;
  const lift = Math.min(72, 44 + 12 * Math.abs(to - from));
  const middle = (start + end) / 2;
  const [path = ''] = paths;
  const label = paths.length > 1 ? `${cut(path, 20)} and ${paths.length - 1} more` : cut(path, 30);
  return html`<g class="stream"
    ><path d="M${start} ${y}C${start} ${y - lift} ${end - 4} ${y - lift} ${end} ${y + 14}" /><path
      class="drop"
      d="M${end} ${y + 26}l-5 -11h10z"
    /><text x="${middle}" y="${round(y - lift * 0.75 - 22)}" text-anchor="middle">${label}</text
    ><text class="size" x="${middle}" y="${round(y - lift * 0.75 - 6)}" text-anchor="middle"
      >${size === undefined ? '' : formatBytes(size)}</text
    ></g
  >`;
}

function table(name: string, build: PageBuild): Html {
  return html`<table>
    <caption>
      Stages of ${name}
    </caption>
    <thead>
      <tr>
        <th scope="col">stage</th>
        <th scope="col">begins on</th>
        <th scope="col" class="n">holds</th>
        <th scope="col">takes in</th>
        <th scope="col" class="n">poured on</th>
        <th scope="col" class="n">left behind</th>
      </tr>
    </thead>
    <tbody>
      ${build.stages.map((stage, index) => {
        const { poured, left } = fateOf(build, index);
        const taken = stage.poured.map(
          ({ from, kind, paths, size }) =>
            html`<li>
              <code>${paths.join(' ')}</code> from
              ${kind === 'context' ? (from === '' ? 'the context' : `context ${from}`) : from}${size !== undefined && ` (${formatBytes(size)})`}
            </li>`,
        );
        return html`<tr>
          <th scope="row">${stage.name}</th>
          <td>${stage.base ?? '–'}</td>
          <td class="n">${known(stage.size)}</td>
          <td>
            ${
              taken.length > 0
                ? html`<ul>
                    ${taken}
                  </ul>`
                : '–'
            }
          </td>
          <td class="n">${known(poured)}</td>
          <td class="n">${known(left)}</td>
        </tr> `;
      })}
    </tbody>
  </table>`;
}

function known(size: number | undefined): string {
  return size === undefined ? 'not known' : formatBytes(size);
}

/** Never through the middle of a character that takes two units. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
