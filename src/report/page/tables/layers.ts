/** The layers of each image: what each is, what it costs, how much of it nobody sees. */
import { formatBytes } from '../../text/bytes.ts';
import type { PageImage } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';

export function layersSection(images: readonly PageImage[]): Html {
  const largest = Math.max(
    1,
    ...images.flatMap(({ layers }) => layers.map(({ unpackedSize }) => unpackedSize)),
  );
  return html`<section id="layers" aria-labelledby="layers-title">
    <h2 id="layers-title">Layers</h2>
    <p class="lead">
      Bars are on one scale. The hatched part is hidden by a later layer: pulled by everybody, seen by nobody.
    </p>
    ${images.map((image) => layersOf(image, largest))}
  </section>`;
}

function layersOf(image: PageImage, largest: number): Html {
  const hidden = image.layers.map(() => 0);
  for (const file of image.files)
    if (file.isHidden) hidden[file.layer] = (hidden[file.layer] ?? 0) + file.size;
  return html`<div class="scroll" role="region" aria-label="Layers of ${image.name}" tabindex="0">
    <table class="layers">
      <caption>
        ${image.name}
      </caption>
      <thead>
        <tr>
          <th scope="col" class="n">layer</th>
          <th scope="col">made by</th>
          <th scope="col" class="n">packed</th>
          <th scope="col" class="n">unpacked</th>
          <th scope="col" class="n">hidden</th>
          <th scope="col" class="bar">unpacked, to scale</th>
        </tr>
      </thead>
      <tbody>
        ${image.layers.map(({ packedSize, unpackedSize, createdBy, digest }, index) => {
          const lost = hidden[index] ?? 0;
          return html`<tr>
            <th scope="row" class="n">${index + 1}</th>
            <td>
              <code>${createdBy === '' ? 'unknown instruction' : createdBy}</code
              ><small class="digest">${digest.slice(0, 19)}</small>
            </td>
            <td class="n">${formatBytes(packedSize)}</td>
            <td class="n">${formatBytes(unpackedSize)}</td>
            <td class="n">${lost === 0 ? '–' : formatBytes(lost)}</td>
            <td class="bar">${bar(unpackedSize, lost, largest)}</td>
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}

function bar(size: number, lost: number, largest: number): Html {
  const width = (bytes: number): string => `${((bytes * 100) / largest).toFixed(2)}%`;
  return html`<svg width="100%" height="16" aria-hidden="true">
    <rect class="seen" width="${width(size)}" height="16" rx="2" />
    ${lost > 0 && html`<rect fill="url(#hatch)" x="${width(size - lost)}" width="${width(lost)}" height="16" />`}
  </svg>`;
}
