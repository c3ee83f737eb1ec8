/** The head of the page: what is shown, and its figures, before and after. */
import { formatBytes } from '../text/bytes.ts';
import type { PageImage } from './data.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

export function figures(images: readonly PageImage[]): Html {
  const [first] = images;
  const last = images.at(-1);
  if (!first || !last) return html``;
  const figure = (
    title: string,
    of: (image: PageImage) => number,
    format: (value: number) => string,
  ): Html => {
    const [before, after] = [of(first), of(last)];
    if (images.length === 1)
      return html`<div>
        <dt>${title}</dt>
        <dd><b>${format(after)}</b></dd>
      </div>`;
    return html`<div>
      <dt>${title}</dt>
      <dd>
        <span class="before">${format(before)}</span> <span class="arrow" aria-label="becomes">→</span>
        <b>${format(after)}</b> <small>${ratio(before, after)}</small>
      </dd>
    </div>`;
  };
  const count = (value: number): string => value.toLocaleString('en');
  return html`<dl class="figures">
    ${figure('unpacked', ({ unpackedSize }) => unpackedSize, formatBytes)}
    ${figure('packed', ({ packedSize }) => packedSize, formatBytes)} ${figure('files seen', seenFiles, count)}
    ${figure('packages', ({ packages }) => packages.length, count)} ${graded(first, last)}
  </dl>`;
}

function graded({ surface: before }: PageImage, { surface: after }: PageImage): Html | false {
  if (!before || !after) return false;
  const score = html`<b>${after.grade}</b> <small>${after.score} of 100</small>`;
  return html`<div>
    <dt>audit</dt>
    <dd>
      ${before !== after && html`<span class="before">${before.grade}</span> <span class="arrow">→</span> `}${score}
    </dd>
  </div>`;
}

/** Rounded towards one, so that no claim is larger than the truth. */
export function ratio(before: number, after: number): string {
  if (before === after) return 'the same';
  if (after === 0) return 'none left';
  if (before === 0) return '';
  const value = before > after ? before / after : after / before;
  const text =
    value >= 10 ? Math.floor(value).toLocaleString('en') : (Math.floor(value * 100) / 100).toFixed(2);
  return `${text} times ${before > after ? 'less' : 'more'}`;
}

function seenFiles({ files }: PageImage): number {
  return files.reduce((count, { isHidden }) => (isHidden ? count : count + 1), 0);
}

/** Who the image is and how it is started. */
export function configSection(images: readonly PageImage[]): Html {
  const row = (title: string, of: (image: PageImage) => Html | string): Html =>
    html`<tr>
      <th scope="row">${title}</th>
      ${images.map((image) => html`<td>${of(image)}</td>`)}
    </tr> `;
  const codes = (words: readonly string[]): Html | string =>
    words.length === 0 ? '–' : html`<code>${words.join(' ')}</code>`;
  return html`<section id="config" aria-labelledby="config-title">
    <h2 id="config-title">How ${images.length > 1 ? 'they are' : 'it is'} started</h2>
    <div class="scroll" role="region" aria-label="Configuration" tabindex="0">
      <table class="config">
        <caption>
          Configuration
        </caption>
        <thead>
          <tr>
            <td></td>
            ${images.map(({ name }) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${row('user', ({ config }) => (config.user === '' ? 'root, as nobody is named' : html`<code>${config.user}</code>`))}${row('entry point', ({ config }) => codes(config.entrypoint))}${row('command', ({ config }) => codes(config.command))}${row('working directory', ({ config }) => codes([config.workingDirectory || '/']))}${row('ports', ({ config }) => codes(config.ports))}${row('volumes', ({ config }) => codes(config.volumes))}${row('variables, without their values', ({ config }) => codes(config.variables))}${row('platform', ({ platform }) => platform)}${row('digest', ({ digest }) => html`<code class="digest">${digest}</code>`)}
        </tbody>
      </table>
    </div>
  </section>`;
}
