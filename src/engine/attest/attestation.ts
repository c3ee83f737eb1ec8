/**
 * Statements about what was built (in-toto Attestation Framework, Statement v1): made for each platform when the result
 * is known, and signed by nobody here. Whoever wants one brings what makes its predicate.
 */
import { digestHex } from '../../oci/digest.ts';
import { canonicalJson } from '../../oci/json.ts';
import type { PlannedTarget } from '../../plan/join-plans.ts';
import type { Remote } from '../remote/remotes.ts';
import type { RemoteSource } from '../../plan/operation.ts';
import type { Layer } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';

/** What an attestation may be made of. */
export interface Attested {
  readonly target: PlannedTarget;
  /** Lowest first, and how to read their files. */
  readonly layers: () => Promise<readonly Layer[]>;
  readonly open: OpenContent;
  readonly remote: (source: RemoteSource) => Remote;
  /** Digest of its manifest, and when its config says it was made; absent where only files are wanted. */
  readonly image?: { readonly digest: string; readonly created?: string | undefined } | undefined;
}

export interface Attestor {
  /** A URI. */
  readonly predicateType: string;
  /** What it is called beside files (`type=local`, `type=tar`). */
  readonly fileName: string;
  /** Only with images, not beside files. */
  readonly inlineOnly?: boolean | undefined;
  /** JSON. */
  readonly predicate: (attested: Attested) => Promise<object>;
}

export interface Attestation {
  readonly predicateType: string;
  readonly fileName: string;
  readonly inlineOnly: boolean;
  readonly predicate: object;
}

export interface Subject {
  readonly name: string;
  /** `sha256:…` */
  readonly digest: string;
}

export function attest(attestors: readonly Attestor[], attested: Attested): Promise<readonly Attestation[]> {
  return Promise.all(
    attestors.map(async ({ predicateType, fileName, inlineOnly = false, predicate }) => ({
      predicateType,
      fileName,
      inlineOnly,
      predicate: await predicate(attested),
    })),
  );
}

export function statement(
  { predicateType, predicate }: Attestation,
  subjects: readonly Subject[],
): Uint8Array {
  return canonicalJson({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType,
    subject: subjects.map(({ name, digest }) => ({ name, digest: { sha256: digestHex(digest) } })),
    predicate,
  });
}
