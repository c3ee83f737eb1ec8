/** What the linter, which knows nothing of images and platforms, has to be told of them. */
import { attempt } from '../dockerfile/failure.ts';
import type { LintOptions, PlatformText } from '../dockerfile/lint/options.ts';
import { formatPlatform, parsePlatform, type Platform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { automaticArguments, type BuildArguments } from './scope.ts';

export interface LintSettings {
  readonly target?: string | undefined;
  readonly buildArguments: BuildArguments;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  readonly ignore?: LintIgnore | undefined;
}

/** An ignore file. One that takes paths back in is not asked: a path that it leaves out may hold one that is there. */
export interface LintIgnore {
  matches(path: string): boolean;
  readonly hasExceptions?: boolean;
}

export function lintOptions(
  { target, buildArguments, platform, buildPlatform, ignore }: LintSettings,
  { allStages, base }: Pick<LintOptions, 'allStages' | 'base'>,
): LintOptions {
  const automatic = automaticArguments(platform, buildPlatform, target ?? 'default');
  for (const [name, value] of buildArguments) if (automatic.has(name)) automatic.set(name, value);
  return {
    target,
    allStages,
    base,
    buildArguments,
    automatic,
    platform: platformText(platform),
    isImageName: (text) => attempt(() => parseReference(text)) !== undefined,
    parsePlatform: (text) => attempt(() => platformText(parsePlatform(text))),
    isIgnored: ignore && !ignore.hasExceptions ? (path) => ignore.matches(path) : undefined,
    check: buildArguments.get('BUILDKIT_DOCKERFILE_CHECK'),
  };
}

export function platformText(platform: Platform): PlatformText {
  const { os, architecture } = platform;
  return { os, architecture, text: formatPlatform(platform) };
}
