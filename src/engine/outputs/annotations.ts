/** Annotations of what a build makes, by the document that they go to (BuildKit: `annotation-LEVEL[PLATFORM].NAME`). */
import { DecantError } from '../../errors.ts';
import { parsePlatform, samePlatform } from '../../oci/platform.ts';
import type { Platform } from '../../oci/platform.ts';

/** A manifest, what an index says of it, the index, or what a layout says of the index. */
export type AnnotationLevel = 'manifest' | 'manifest-descriptor' | 'index' | 'index-descriptor';

export interface Annotation {
  readonly level: AnnotationLevel;
  /** Of one platform's image alone. */
  readonly platform?: Platform | undefined;
  readonly name: string;
  readonly value: string;
}

const LEVELS: readonly string[] = ['manifest', 'manifest-descriptor', 'index', 'index-descriptor'];

/** `index`, `manifest[linux/arm64]`; undefined for what is neither. @throws DecantError REFERENCE_INVALID of the platform */
export function parseLevel(text: string): Pick<Annotation, 'level' | 'platform'> | undefined {
  const [, level, platform] = /^([a-z-]+)(?:\[([^\]]+)\])?$/.exec(text) ?? [];
  if (level === undefined || !LEVELS.includes(level)) return undefined;
  if (platform !== undefined && level.startsWith('index')) return undefined;
  return { level: level as AnnotationLevel, ...(platform ? { platform: parsePlatform(platform) } : {}) };
}

/** Those of one document; the last of a name counts. Undefined where there are none. */
export function annotationsAt(
  annotations: readonly Annotation[] | undefined,
  level: AnnotationLevel,
  platform?: Platform,
): Readonly<Record<string, string>> | undefined {
  const found = (annotations ?? []).filter(
    (each) => each.level === level && (!each.platform || (platform && samePlatform(platform, each.platform))),
  );
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

/** @throws DecantError USAGE for an index where there is none, and for a platform that is not built */
export function checkAnnotations(
  annotations: readonly Annotation[] | undefined,
  platforms: readonly Platform[],
  hasIndex: boolean,
): void {
  for (const { level, platform, name } of annotations ?? []) {
    if (level.startsWith('index') && !hasIndex) {
      throw new DecantError('USAGE', `the annotation ${name} is for an index, and a single image has none`, {
        hint: 'leave out the level, or write manifest:',
      });
    }
    if (platform && !platforms.some((built) => samePlatform(built, platform)))
      throw new DecantError('USAGE', `the annotation ${name} is for a platform that is not built`);
  }
}
