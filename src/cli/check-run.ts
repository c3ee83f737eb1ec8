/** Checking as commands do it: with the base images of the store, where there is one. */
import { hostPlatform, type Platform } from '../oci/platform.ts';
import type { CheckReport, CheckRequest } from '../check/check.ts';
import type { FindBase } from '../check/base.ts';
import { checkPlatforms } from '../check/platforms.ts';
import { storedBases } from '../check/stored-base.ts';
import type { Level } from '../dockerfile/lint/rule.ts';
import { DecantError } from '../errors.ts';
import { environment } from './io.ts';
import { parseAssignments, platformsFlag } from './flags.ts';
import { withStore } from './store.ts';

export interface CheckFlags {
  readonly target?: string;
  readonly buildArg?: readonly string[];
  readonly platform?: string | readonly string[];
}

export interface CheckSettings extends Pick<CheckRequest, 'target' | 'buildArguments' | 'buildPlatform'> {
  readonly platforms: readonly Platform[];
}

export function checkSettings(flags: CheckFlags): CheckSettings {
  const buildPlatform = hostPlatform();
  const platforms = typeof flags.platform === 'string' ? [flags.platform] : flags.platform;
  return {
    target: flags.target || undefined,
    buildArguments: parseAssignments(flags.buildArg, '--build-arg', environment),
    platforms: platformsFlag(platforms) ?? [buildPlatform],
    buildPlatform,
  };
}

export type CheckInput = Pick<CheckRequest, 'source' | 'file' | 'ignore'>;

/** Reads and checks one after the other. A machine without a store that can be used still checks. */
export async function checkAll<T>(
  { platforms, ...settings }: CheckSettings & Pick<CheckRequest, 'skip' | 'rules'>,
  inputs: readonly T[],
  read: (input: T) => Promise<CheckInput>,
): Promise<readonly CheckReport[]> {
  const checkEach = async (findBase: FindBase): Promise<readonly CheckReport[]> => {
    const reports: CheckReport[] = [];
    for (const input of inputs)
      reports.push(await checkPlatforms({ ...settings, ...(await read(input)), findBase }, platforms));
    return reports;
  };
  try {
    return await withStore((store) => checkEach(storedBases(store)));
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'STORE_UNWRITABLE')) throw error;
    return checkEach(() => Promise.resolve(undefined));
  }
}

const LEVELS: readonly Level[] = ['note', 'warning', 'error'];

/** 1 where something was found that is at least as bad as `failOn`, or where a Dockerfile asks for it or is wrong. */
export function checkStatus(reports: readonly CheckReport[], failOn: Level): number {
  const isBad = ({ findings, error, failOnFindings }: CheckReport): boolean => {
    const least = failOnFindings
      ? Math.min(LEVELS.indexOf(failOn), LEVELS.indexOf('warning'))
      : LEVELS.indexOf(failOn);
    return error !== undefined || findings.some(({ rule }) => LEVELS.indexOf(rule.level) >= least);
  };
  return reports.some(isBad) ? 1 : 0;
}
