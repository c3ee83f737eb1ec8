/** What the formats have in common: names that are unique and come of what they name, times, the image's own URL. */
import { createHash } from 'node:crypto';
import type { PackageList } from '../packages/package.ts';
import { encodedPurl } from '../packages/purl.ts';
import type { SbomSubject } from './sbom.ts';

/** A UUID (RFC 9562, version 8: made in a way of one's own) of what the document says, so that no two documents share one. */
export function documentUuid(format: string, subject: SbomSubject, list: PackageList): string {
  const hash = createHash('sha256').update(
    JSON.stringify([format, subject, list.distribution, list.packages]),
  );
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Seconds are the finest that every format has. */
export function creationTime({ created }: SbomSubject): string {
  const time = created === undefined ? 0 : Date.parse(created);
  return new Date(Number.isNaN(time) ? 0 : time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `pkg:oci/NAME@sha256:…`: the name without registry and tag, which come as qualifiers (purl-spec, "oci"). */
export function imagePurl({ name, digest, platform }: SbomSubject): string {
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(name)?.[1];
  const last = repository.slice(repository.lastIndexOf('/') + 1).toLowerCase();
  const isDigest = name.startsWith('sha256:') || last === '';
  return encodedPurl('oci', undefined, isDigest ? 'image' : last, digest, {
    arch: platform.split('/')[1] ?? '',
    ...(!isDigest && { repository_url: repository }),
    ...(!isDigest && tag !== undefined && { tag }),
  });
}
