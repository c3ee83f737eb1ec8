/** What tells that Java is asked for, and which: the version in a class file's head (JVM specification, 4.1). */
import type { RuntimeNeed } from './facts.ts';

/** Major version 45 is Java 1.1, 52 is Java 8, and so on, one each. */
const FIRST = 44;
/** Beyond what any compiler writes: not a class file, but something that begins as one. */
const LAST = 200;

/** Classes for later versions, which older ones do not load, and descriptions of modules say nothing of what runs. */
export function isClassName(path: string): boolean {
  return path.endsWith('.class') && !/META-INF\/versions\/|(?:^|\/)module-info\.class$/.test(path);
}

/** The version of Java that a class is compiled for; undefined for what is no class file. */
export function classVersion(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== 0xca || bytes[1] !== 0xfe || bytes[2] !== 0xba || bytes[3] !== 0xbe) return undefined;
  const major = ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0);
  return major > FIRST && major < LAST ? major - FIRST : undefined;
}

/** @param version The highest that any class of it has. */
export function javaNeed(path: string, version: number | undefined): RuntimeNeed {
  if (version === undefined) return { language: 'java', path, reason: 'is a Java archive' };
  return { language: 'java', path, reason: `is compiled for Java ${version}`, versions: `>=${version}` };
}
