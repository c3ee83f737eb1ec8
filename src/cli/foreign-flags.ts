/**
 * Flags of `docker buildx build` and `docker build` that have no meaning here. Each has an answer of one line; those that
 * could only change how a build is done, and not what comes of it, are answered with a warning and else passed over.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { DecantError } from '../errors.ts';

interface ForeignFlag {
  /** As commander has it. */
  readonly flag: string;
  readonly answer: string;
  /** The result would not be what was asked for: the build does not begin. */
  readonly refused?: boolean;
}

const NO_LIMITS =
  'RUN steps have no limits of their own here; give them to the whole of decant, with systemd-run for example';

export const FOREIGN_FLAGS: readonly ForeignFlag[] = [
  { flag: '--builder <name>', answer: 'there is no daemon to choose: decant builds in its own process' },
  { flag: '--compress', answer: 'the context is not sent anywhere, so there is nothing to compress' },
  { flag: '--rm', answer: 'there are no intermediate containers' },
  { flag: '--force-rm', answer: 'there are no intermediate containers' },
  { flag: '--isolation <kind>', answer: 'isolation is a choice on Windows only' },
  {
    flag: '--security-opt <option>',
    answer: 'RUN steps are always confined in the same way; see SECURITY.md',
  },
  {
    flag: '--squash',
    answer: 'layers are not squashed; copy into a stage FROM scratch to have one layer',
    refused: true,
  },
  { flag: '--cgroup-parent <name>', answer: NO_LIMITS },
  { flag: '--resource <spec>', answer: NO_LIMITS },
  { flag: '-m, --memory <bytes>', answer: NO_LIMITS },
  { flag: '--memory-swap <bytes>', answer: NO_LIMITS },
  { flag: '-c, --cpu-shares <number>', answer: NO_LIMITS },
  { flag: '--cpu-period <number>', answer: NO_LIMITS },
  { flag: '--cpu-quota <number>', answer: NO_LIMITS },
  { flag: '--cpuset-cpus <list>', answer: NO_LIMITS },
  { flag: '--cpuset-mems <list>', answer: NO_LIMITS },
  {
    flag: '--policy <spec>',
    answer: 'there are no source policies; pin images and files by digest',
    refused: true,
  },
  { flag: '-D, --debug', answer: 'write DECANT_DEBUG=1 in front of the command instead' },
];

/** The flags that commander knows by, without showing them. */
export function addForeignFlags(command: Command): void {
  for (const { flag } of FOREIGN_FLAGS) command.addOption(new Option(flag).hideHelp());
}

/** @returns Warnings for those that were given. @throws DecantError USAGE for those that cannot be passed over */
export function answerForeignFlags(flags: Readonly<Record<string, unknown>>): readonly string[] {
  return FOREIGN_FLAGS.flatMap(({ flag, answer, refused }) => {
    const option = new Option(flag);
    const value = flags[option.attributeName()];
    if (value === undefined) return [];
    const name = option.long ?? flag;
    if (refused) throw new DecantError('USAGE', `${name}: ${answer}`);
    return [`${name} is not used: ${answer}`];
  });
}
