import { afterEach, describe, expect, test } from 'vitest';
import type { Descriptor } from '../oci/descriptor.ts';
import { encodeManifest } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { parseImageName } from '../oci/reference.ts';
import { listReferrers } from '../registry/protocol/referrers.ts';
import { pushImage } from '../registry/push.ts';
import { putImage } from '../store/testing.ts';
import { type Harbour, openHarbour } from './testing.ts';

const SIGNATURE = 'application/vnd.example.signature';
const SBOM = 'application/vnd.example.sbom';

let harbour: Harbour;
afterEach(() => harbour[Symbol.asyncDispose]());

/** An image in the registry with a bill of materials, which is signed. */
async function signed(): Promise<Descriptor> {
  harbour = await openHarbour();
  const { store, registry, means } = harbour;
  const { descriptor } = await putImage(store, 'signed');
  const session = await means.session();
  const emit = (): void => {};
  const push = (each: Descriptor, tag: string): Promise<unknown> =>
    pushImage({
      store,
      session,
      descriptor: each,
      names: [parseImageName(`${registry.host}/app:${tag}`)],
      emit,
    });
  await push(descriptor, '1');
  const sbom = await about(descriptor, SBOM);
  await push(sbom, 'sbom');
  await push(await about(sbom, SIGNATURE), 'signature');
  return descriptor;
}

async function about(subject: Descriptor, artifactType: string): Promise<Descriptor> {
  const { blobs } = harbour.store;
  const config = {
    mediaType: 'application/vnd.oci.empty.v1+json',
    ...(await blobs.putBytes(Buffer.from('{}'))),
  };
  const layer = { mediaType: 'text/plain', ...(await blobs.putBytes(Buffer.from(artifactType))) };
  const { mediaType, digest, size } = subject;
  const bytes = encodeManifest({
    mediaType: MEDIA_TYPE.manifest,
    artifactType,
    config,
    layers: [layer],
    subject: { mediaType, digest, size },
  });
  return { mediaType: MEDIA_TYPE.manifest, ...(await blobs.putBytes(bytes)) };
}

/** Types of what is about the image in a repository, and about that. */
async function typesIn(path: string, { digest }: Descriptor): Promise<readonly (string | undefined)[]> {
  const repository = { domain: harbour.registry.host, path };
  const session = await harbour.means.session();
  const found = [];
  for (const first of await listReferrers(session, repository, digest)) {
    found.push(first.artifactType);
    for (const second of await listReferrers(session, repository, first.digest))
      found.push(second.artifactType);
  }
  return found;
}

describe('what is about an image', () => {
  test('stays behind unless it is asked for', async () => {
    const image = await signed();
    const { referrers } = await harbour.copy('docker://HOST/app:1', 'docker://HOST/other:1');
    expect(referrers).toEqual([]);
    expect(await typesIn('other', image)).toEqual([]);
  });

  test.each(['', 'oci:DIR/layout:kept', 'store:kept:1'])(
    'goes along to a registry by way of %j',
    async (via) => {
      const image = await signed();
      let from = 'docker://HOST/app:1';
      if (via !== '') {
        await harbour.copy(from, via, { referrers: true });
        from = via;
      }
      const { referrers, descriptor, blobs } = await harbour.copy(from, 'docker://HOST/other:1', {
        referrers: true,
      });
      expect(descriptor.digest).toBe(image.digest);
      expect(referrers.map(({ artifactType }) => artifactType)).toEqual([SBOM, SIGNATURE]);
      // Of each its own layer; the empty config is the same for both.
      expect(blobs).toHaveLength(2 + 3);
      expect(await typesIn('other', image)).toEqual([SBOM, SIGNATURE]);
    },
  );

  test('is none of the images of a layout', async () => {
    const image = await signed();
    await harbour.copy('docker://HOST/app:1', 'oci:DIR/layout', { referrers: true });
    const { descriptor } = await harbour.copy('oci:DIR/layout', 'store:again');
    expect(descriptor.digest).toBe(image.digest);
  });

  test('cannot be kept in an archive', async () => {
    await signed();
    await expect(
      harbour.copy('docker://HOST/app:1', 'oci-archive:DIR/app.tar', { referrers: true }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});
