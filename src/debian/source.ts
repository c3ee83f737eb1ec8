/** Where packages come from: one suite at one address (sources.list(5)). */
import type { KeySource } from './keyring.ts';

export interface ArchiveSource {
  /** The folder that has `dists/`: `http:`, `https:` or `file:`, without a slash at its end. */
  readonly uri: string;
  /** `bookworm`, `bookworm-security`. */
  readonly suite: string;
  /** `main`, … */
  readonly components: readonly string[];
  /** The keys its releases may be signed with; Debian's where none are named. */
  readonly signedBy?: readonly KeySource[];
  /** The architectures it is meant for; all where none are named. */
  readonly architectures?: readonly string[];
}
