/** Images of a few files, and what the audit says of them, for tests. */
import { collect, streamOf } from '../codec/stream.ts';
import type { ContainerConfig, HistoryEntry } from '../oci/config.ts';
import type { Entry } from '../tree/entry.ts';
import { layerFromTar } from '../tree/from-tar.ts';
import { makeLayer } from '../tree/layer.ts';
import { packLayer } from '../tree/pack.ts';
import { bytesOf } from '../tree/testing.ts';
import { auditLayers } from './audit.ts';
import type { AuditImage, AuditLayer } from './read/image.ts';
import type { Audit, Finding } from './types.ts';

export interface TestImage {
  /** From the lowest up. */
  readonly layers: readonly (readonly Entry[])[];
  readonly config?: ContainerConfig;
  readonly history?: readonly HistoryEntry[];
}

export async function auditOf({ layers, config, history }: TestImage): Promise<Audit> {
  const listed = await Promise.all(layers.map((entries, index) => testLayer(entries, index)));
  const image: AuditImage = {
    name: 'test',
    digest: 'sha256:1',
    id: 'sha256:2',
    config: {
      architecture: 'amd64',
      os: 'linux',
      ...(config && { config }),
      ...(history && { history }),
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: listed,
  };
  return auditLayers(image);
}

async function testLayer(entries: readonly Entry[], index: number): Promise<AuditLayer> {
  const digest = `sha256:${index}`;
  const bytes = await collect(packLayer(makeLayer(entries), { open: bytesOf }));
  const layer = await layerFromTar(streamOf(bytes), {
    what: digest,
    content: (offset) => ({ kind: 'blob', blob: digest, offset }),
    whiteouts: true,
    absolute: 'root',
  });
  return { layer, digest, tar: () => streamOf(bytes), createdBy: `step ${index}` };
}

/** `secret /srv/key` for each finding that counts, or all of a rule. */
export function said(audit: Audit, rule?: string): readonly string[] {
  return audit.findings
    .filter((finding) => (rule === undefined ? finding.points > 0 : finding.rule === rule))
    .map(
      (finding: Finding) =>
        `${finding.rule} ${finding.path === undefined ? finding.message : `/${finding.path}`}`,
    );
}

/** What an executable begins with. */
export const ELF = `\u007fELF${'\0'.repeat(60)}`;
