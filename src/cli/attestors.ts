/** What `--provenance`, `--sbom` and `--attest` ask to be attested, with what is known of the build. */
import type { Attestor } from '../engine/attest/attestation.ts';
import { provenance } from '../engine/attest/provenance.ts';
import type { BuildFacts } from '../engine/attest/provenance.ts';
import { DecantError } from '../errors.ts';
import type { Wanted } from './attest-flags.ts';

export function attestorsOf(wanted: Wanted, facts: BuildFacts): readonly Attestor[] {
  if (wanted.sbom) throw new DecantError('USAGE', '--sbom: no bill of materials is made by this version');
  return wanted.provenance ? [provenance(facts, wanted.provenance)] : [];
}
