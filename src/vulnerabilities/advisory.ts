/** What is known of a vulnerability in one package, whoever says it: the part of an OSV record that a scan needs. */

/** From the least up. `negligible` is Debian's "unimportant"; `unknown` is what nobody has rated. */
export const SEVERITIES = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Advisory {
  /** `CVE-2024-1`, `GHSA-…`, `DSA-5000-1`, `DEBIAN-CVE-2024-1` */
  readonly id: string;
  /** Other names of the same, and what it was made of. */
  readonly aliases: readonly string[];
  readonly summary?: string;
  readonly severity: Severity;
  /** CVSS base score, 0 to 10, where a vector was given. */
  readonly score?: number;
  readonly ranges: readonly AdvisoryRange[];
  /** Versions by name, where there are no ranges. */
  readonly versions?: readonly string[];
  /** Why there will be no fix, or none for now, where the source says. */
  readonly note?: string;
}

/**
 * Events on a line of versions, in whatever order (OSV Schema, "evaluation"): vulnerable from each `introduced` on ("0" is
 * before all versions) until a `fixed`, or past a `lastAffected`.
 */
export interface AdvisoryRange {
  readonly introduced: readonly string[];
  readonly fixed?: readonly string[];
  readonly lastAffected?: readonly string[];
}

/** An advisory with the package that it is for. */
export interface KeyedAdvisory {
  /** As OSV has it: `Debian:13`, `npm`, `PyPI`, `Alpine:v3.20`. */
  readonly ecosystem: string;
  /** Of Debian and Alpine the source package. */
  readonly name: string;
  readonly advisory: Advisory;
}

export function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}

export function moreSevere(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}
