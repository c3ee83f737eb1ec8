/** Of an application's native files, those that its programs can load: of one processor, and of one C library. */
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import type { NativeObject } from './facts.ts';
import { machineOf } from './machine.ts';

/** Packages come with libraries for several processors and systems. What is not taken is noted, once for each kind. */
export function ofOneMachine(
  objects: readonly NativeObject[],
  platform: string | undefined,
  notes: string[],
): readonly NativeObject[] {
  const platformOf = ({ elf }: NativeObject): string | undefined => machineOf(elf)?.platform;
  const wanted =
    platform ??
    mostOf(objects.filter(({ executable }) => executable).map(platformOf)) ??
    likely(objects.map(platformOf));
  const others = new Map<string, number>();
  const own = objects.filter((object) => {
    const is = platformOf(object) ?? 'another processor';
    if (is !== wanted) others.set(is, (others.get(is) ?? 0) + 1);
    return is === wanted;
  });
  for (const [other, count] of others)
    notes.push(`${count === 1 ? 'one file is' : `${count} files are`} for ${other}: set aside`);
  const usesMusl = own.some(({ elf }) => elf.interpreter?.includes('ld-musl'));
  const foreign = usesMusl ? [] : own.filter(isOfAnotherSystem);
  for (const { path } of foreign) notes.push(`${path} is for another C library (musl or Android): set aside`);
  return own.filter((object) => !foreign.includes(object));
}

/** Libraries for Alpine's musl and for Android name their C library without the version that glibc has. */
function isOfAnotherSystem({ elf }: NativeObject): boolean {
  return elf.interpreter === undefined && elf.needed.some((name) => /^libc\.(?:so$|musl-)/.test(name));
}

function mostOf(platforms: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const one of platforms) if (one !== undefined) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}

/** Where there are libraries only, as many for each processor: this machine's, if it is among them. */
function likely(platforms: readonly (string | undefined)[]): string | undefined {
  const own = formatPlatform(hostPlatform());
  return platforms.includes(own) ? own : mostOf(platforms);
}
