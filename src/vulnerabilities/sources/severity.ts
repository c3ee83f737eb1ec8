/**
 * How bad a source says that something is: CVSS vectors of every version (FIRST), rated as CVSS v3.1 does in its section
 * 5, and the words that sources use.
 */
import { fromVector } from 'ae-cvss-calculator';
import { moreSevere, type Severity } from '../advisory.ts';

export interface Rating {
  readonly severity: Severity;
  readonly score?: number;
}

export function ratingOf(vectors: readonly string[], words: readonly string[]): Rating {
  let score: number | undefined;
  for (const vector of vectors) {
    const base = baseScore(vector);
    if (base !== undefined && (score === undefined || base > score)) score = base;
  }
  const byWord = words.reduce<Severity>((worst, word) => moreSevere(worst, severityOfWord(word)), 'unknown');
  // What the source says in a word is its own judgement; a score is the general one.
  const severity = byWord === 'unknown' && score !== undefined ? severityOfScore(score) : byWord;
  return score === undefined ? { severity } : { severity, score };
}

function baseScore(vector: string): number | undefined {
  if (vector.length > 500) return undefined;
  try {
    const scores = fromVector(vector)?.calculateScores();
    const base = scores && 'base' in scores ? scores.base : undefined;
    return base !== undefined && base >= 0 && base <= 10 ? base : undefined;
  } catch {
    return undefined;
  }
}

function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}

const WORDS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  important: 'high',
  high: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  minor: 'low',
  negligible: 'negligible',
  unimportant: 'negligible',
};

/** Debian marks with asterisks what was rated by a rule. */
export function severityOfWord(word: string): Severity {
  return WORDS[word.toLowerCase().replaceAll('*', '').trim()] ?? 'unknown';
}
