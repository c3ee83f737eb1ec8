/** What breaking in came to, in the words that the forms of an audit have in common. */
import type { Attempt, AttemptKind, BreakIn, BreakInAs } from '../audit/break-in/types.ts';

/** What each kind of attempt shows when it works. */
export const ATTEMPTS: Readonly<Record<AttemptKind, string>> = {
  shell: 'a shell runs commands',
  'look-around': 'a program tells what is there',
  read: 'a program reads files',
  environment: 'a program reads the environment',
  interpreter: 'an interpreter runs a line of its language',
  'package-manager': 'a package manager works',
  download: 'a program fetches from the network',
  network: 'a program connects to the network',
  drop: 'a program that was brought along runs',
};

export function intruderName({ user, declared }: BreakInAs): string {
  return `${user === '0:0' ? 'root' : user}${declared ? ', as the image is run' : ''}`;
}

export function attemptName({ kind, what }: Attempt): string {
  return `${kind} ${what}`;
}

export interface Success {
  readonly who: string;
  readonly attempt: Attempt;
}

export function successesOf({ users }: BreakIn): readonly Success[] {
  return users.flatMap((each) =>
    each.attempts.filter(({ worked }) => worked).map((attempt) => ({ who: intruderName(each), attempt })),
  );
}
