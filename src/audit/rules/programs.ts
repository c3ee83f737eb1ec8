/** Programs, by the first of the things that they can do. */
import { CAPABILITIES, type Capability } from '../programs/program.ts';
import type { CountName, Level } from '../types.ts';
import { type AuditRule, LEAVE_OUT, rule } from './rule.ts';

const PROGRAMS: Readonly<
  Record<Capability, readonly [title: string, points: number, count: CountName, level: Level, why: string]>
> = {
  shell: ['Shell', 8, 'shells', 'warning', 'one bug that runs a command becomes a way to run any'],
  interpreter: [
    'Interpreter',
    6,
    'interpreters',
    'warning',
    'a payload needs no file that could be executed',
  ],
  'package-manager': [
    'Package manager',
    8,
    'package-managers',
    'warning',
    'one command brings every other tool',
  ],
  download: ['Downloader', 6, 'download-tools', 'warning', 'this is how malware arrives'],
  transfer: ['File transfer', 4, 'network-tools', 'warning', 'this is how data leaves'],
  remote: ['Remote shell', 6, 'network-tools', 'warning', 'a way in, and a way on to other machines'],
  network: ['Network tool', 4, 'network-tools', 'warning', 'connects, listens, or looks around'],
  debugger: ['Debugger', 5, 'debuggers', 'warning', 'reads the memory of the application, secrets included'],
  compiler: ['Compiler or linker', 5, 'compilers', 'warning', 'makes an exploit fit this very system'],
  container: [
    'Container client',
    8,
    'clients',
    'warning',
    'with a socket or a token, a way out of the container',
  ],
  cloud: ['Cloud client', 6, 'clients', 'warning', "with the workload's identity, a way into the account"],
  privilege: ['Privilege tool', 6, 'privilege-tools', 'warning', 'a way from the application to root'],
  persistence: ['Scheduler', 3, 'other-tools', 'note', 'a way to stay'],
  database: [
    'Database client',
    3,
    'clients',
    'warning',
    "with the application's credentials, a way to its data",
  ],
  execute: ['Starter', 2, 'other-tools', 'note', 'starts other programs'],
  editor: ['Editor', 2, 'other-tools', 'note', 'writes files, and mostly starts a shell'],
  view: ['File viewer', 1, 'other-tools', 'note', 'reads configuration and secrets'],
  search: ['Finder', 1, 'other-tools', 'note', 'tells an intruder where things are'],
  edit: ['File changer', 1, 'other-tools', 'note', 'changes what the application runs'],
  archive: ['Archiver', 1, 'other-tools', 'note', 'packs what is carried out, unpacks what is brought in'],
  crypto: ['Coder', 1, 'other-tools', 'note', 'hides what is carried, or turns text into programs'],
  account: ['Account tool', 2, 'privilege-tools', 'note', 'changes who may do what'],
  system: ['System tool', 2, 'other-tools', 'note', 'changes the system around the application'],
};

export const PROGRAM_RULES: readonly AuditRule[] = [
  ...CAPABILITIES.map((capability): AuditRule => {
    const [title, points, count, level, why] = PROGRAMS[capability];
    return { name: capability, title, level, points, count, why, fix: LEAVE_OUT };
  }),
  rule(
    'executable',
    'Other executable',
    'note',
    0.2,
    'executables',
    'any program may have a hole, or a use that nobody thought of',
    LEAVE_OUT,
  ),
];
