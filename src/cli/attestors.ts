/** What `--provenance`, `--sbom` and `--attest` ask to be attested, with what is known of the build. */
import { sha256 } from '../codec/digest.ts';
import type { Attested, Attestor } from '../engine/attest/attestation.ts';
import { provenance } from '../engine/attest/provenance.ts';
import type { BuildFacts } from '../engine/attest/provenance.ts';
import { findPackages } from '../inspect/packages/packages.ts';
import { SBOM_PREDICATE_TYPES, sbomDocument } from '../inspect/sbom/sbom.ts';
import { formatPlatform } from '../oci/platform.ts';
import { stack } from '../tree/tree.ts';
import type { SbomOptions, Wanted } from './attest-flags.ts';

/** Bills come first, as BuildKit has them. @param name What the image is called, if it is called anything. */
export function attestorsOf(
  wanted: Wanted,
  facts: BuildFacts,
  name: string | undefined,
): readonly Attestor[] {
  return [
    ...(wanted.sbom ? [billOfMaterials(wanted.sbom, facts, name)] : []),
    ...(wanted.provenance ? [provenance(facts, wanted.provenance)] : []),
  ];
}

/** In SPDX 2.3, the form that readers of attestations know. */
function billOfMaterials(
  { fileName, inlineOnly }: SbomOptions,
  { version }: BuildFacts,
  name: string | undefined,
): Attestor {
  return {
    predicateType: SBOM_PREDICATE_TYPES['spdx-json'],
    fileName,
    inlineOnly,
    async predicate({ target, layers, open, image }: Attested) {
      const list = await findPackages({ tree: stack(await layers()), open });
      // Files without an image are known by what is in them.
      const digest = image?.digest ?? sha256(Buffer.from(JSON.stringify(list)));
      const subject = {
        name: name ?? digest,
        digest,
        platform: formatPlatform(target.platform),
        created: image?.created,
        toolVersion: version,
      };
      return JSON.parse(await sbomDocument('spdx-json', subject, list)) as object;
    },
  };
}
