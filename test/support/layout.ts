/** An OCI layout with images that a test writes itself: layers as lines of text, config as data. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseItem, sha256 } from '../differential/item.ts';
import { writeTar } from '../differential/tar.ts';

export interface ImageLines {
  /** From the lowest up; path → line as in differential/item.ts. `.wh.` names remove. */
  readonly layers: readonly Readonly<Record<string, string>>[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly Readonly<Record<string, unknown>>[];
  readonly gzip?: boolean;
}

/** Writes a layout with a tag for each image. */
export function writeLayout(folder: string, images: Readonly<Record<string, ImageLines>>): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const put = (bytes: Buffer): { digest: string; size: number } => {
    const digest = sha256(bytes);
    writeFileSync(join(folder, 'blobs/sha256', digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const type = (name: string): string => `application/vnd.oci.image.${name}`;
  const manifests = Object.entries(images).map(([tag, { layers, config = {}, history, gzip = false }]) => {
    const tars = layers.map((lines) =>
      writeTar(Object.entries(lines).map(([path, line]) => ({ path, ...parseItem(line) }))),
    );
    const blobs = tars.map((tar) => put(gzip ? gzipSync(tar) : tar));
    const image = put(
      json({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config,
        rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) },
        ...(history && { history }),
      }),
    );
    const manifest = put(
      json({
        schemaVersion: 2,
        mediaType: type('manifest.v1+json'),
        config: { mediaType: type('config.v1+json'), ...image },
        layers: blobs.map((blob) => ({ mediaType: type(`layer.v1.tar${gzip ? '+gzip' : ''}`), ...blob })),
      }),
    );
    return {
      mediaType: type('manifest.v1+json'),
      ...manifest,
      annotations: { 'org.opencontainers.image.ref.name': tag },
    };
  });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests }));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
