/** The rules of the audit: what each is worth, why it counts, and what to do about it. docs/audit.md lists them. */
import { CAPABILITIES, type Capability } from './programs/program.ts';
import type { CountName, Level } from './types.ts';

export interface AuditRule {
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  /** What one finding adds to the surface. */
  readonly points: number;
  /** What it is counted as; undefined for what is only told. */
  readonly count?: CountName;
  readonly why: string;
  readonly fix: string;
}

/** The version of everything below, points among it. */
export const SCORE_VERSION = 1;

const LEAVE_OUT =
  'build in one stage, and copy only the application into a last stage that starts from scratch or a distroless base';

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

const OTHERS: readonly AuditRule[] = [
  rule(
    'executable',
    'Other executable',
    'note',
    0.2,
    'executables',
    'any program may have a hole, or a use that nobody thought of',
    LEAVE_OUT,
  ),
  rule(
    'root-user',
    'Runs as root',
    'warning',
    10,
    'root-user',
    'whoever breaks in owns the whole container, and a hole in the kernel is a hole in the machine',
    'end the Dockerfile with USER and a number, such as USER 65532:65532',
  ),
  rule(
    'setuid',
    'Setuid program',
    'warning',
    4,
    'setuid',
    "runs with its owner's rights, whoever starts it",
    'leave it out, or take the bit away: chmod u-s',
  ),
  rule(
    'setgid',
    'Setgid program',
    'note',
    2,
    'setuid',
    "runs with its group's rights, whoever starts it",
    'leave it out, or take the bit away: chmod g-s',
  ),
  rule(
    'file-capability',
    'Program with capabilities',
    'warning',
    4,
    'file-capabilities',
    "runs with some of root's rights, whoever starts it",
    'leave it out, or take them away: setcap -r',
  ),
  rule(
    'world-writable-directory',
    'Directory that everyone may change',
    'warning',
    3,
    'world-writable',
    'files in it can be replaced by anyone, for without the sticky bit even the owner is not asked',
    'chmod o-w, or chmod +t for a directory of temporary files',
  ),
  rule(
    'temporary-directory',
    'Directory that everyone may write to',
    'note',
    1,
    'world-writable',
    'a place to put a program and start it',
    'leave it out where the application needs none; mount it as a tmpfs with noexec',
  ),
  rule(
    'world-writable-file',
    'File that everyone may change',
    'warning',
    3,
    'world-writable',
    'what is in it is whatever an intruder wants',
    'chmod o-w',
  ),
  rule(
    'world-writable-program',
    'Program that everyone may change',
    'error',
    8,
    'world-writable',
    'the next one to start it runs what an intruder wrote',
    'chmod o-w',
  ),
  rule(
    'writable-program',
    "Program that the image's user may change",
    'warning',
    4,
    'writable',
    'an intruder with the rights of the application replaces the application, and stays',
    'let root own programs: leave --chown away',
  ),
  rule(
    'writable-path',
    "Directory of programs that the image's user may write to",
    'warning',
    4,
    'writable',
    'an intruder puts a program where others are found first',
    'let root own the directories that PATH names',
  ),
  rule(
    'secret',
    'Secret',
    'error',
    25,
    'secrets',
    'whoever can pull the image has it, and no later layer takes it back',
    'revoke it; use RUN --mount=type=secret while building, and give it at run time',
  ),
  rule(
    'likely-secret',
    'Likely secret',
    'warning',
    10,
    'secrets',
    'its name says that it is one, and it has a value',
    'use RUN --mount=type=secret while building, and give it at run time',
  ),
  rule(
    'sample-secret',
    'Sample secret',
    'note',
    0,
    undefined,
    'a key among tests or examples is mostly public, and of no use; look at it once',
    'leave tests and examples out of the image',
  ),
  rule(
    'credentials-file',
    'File for credentials',
    'warning',
    5,
    'secrets',
    'this is where programs keep their credentials',
    'leave it out; give credentials at run time',
  ),
  rule(
    'keystore',
    'Store of keys',
    'warning',
    5,
    'secrets',
    'a store of keys with a password is a secret with a delay',
    'mount it at run time',
  ),
  rule(
    'shell-history',
    'History of a shell',
    'warning',
    5,
    'secrets',
    'commands as they were typed, passwords among them',
    'leave it out',
  ),
  rule(
    'empty-password',
    'Account without a password',
    'error',
    10,
    'access',
    'anyone may log in',
    'lock it: passwd -l',
  ),
  rule(
    'second-root',
    'Second account with the number of root',
    'error',
    6,
    'access',
    'a root that nobody looks for',
    'remove the account',
  ),
  rule(
    'password-hash',
    'Account with a password',
    'warning',
    5,
    'access',
    'whoever has the image can try passwords on it for as long as it takes',
    'lock the account: passwd -l',
  ),
  rule(
    'sudo-without-password',
    'sudo without a password',
    'error',
    8,
    'access',
    'whoever is that user is root',
    'remove sudo, and the rule',
  ),
  rule(
    'authorized-keys',
    'Keys that may log in',
    'warning',
    6,
    'access',
    'a door that stands open to whoever has the other half',
    'remove them; enter with a debugger from outside instead',
  ),
  rule(
    'scheduled-job',
    'Scheduled job',
    'note',
    1,
    'access',
    'runs by itself, with rights of its own',
    'schedule from outside of the container',
  ),
  rule(
    'repository',
    'Repository of the source',
    'warning',
    8,
    'source',
    'the whole history, with whatever was once committed',
    'put .git into .dockerignore',
  ),
  rule('source-code', 'Source code', 'note', 3, 'source', 'tells an intruder where the holes are', LEAVE_OUT),
  rule(
    'headers',
    'Headers of a compiler',
    'note',
    2,
    'source',
    'with a compiler brought along, an exploit is built here',
    LEAVE_OUT,
  ),
  rule(
    'docker-socket',
    'Volume for a control socket',
    'error',
    15,
    'access',
    "Docker's socket is root of the machine",
    'do without the socket',
  ),
  rule(
    'sensitive-volume',
    'Volume over a system directory',
    'error',
    8,
    'access',
    'what is there belongs to the machine or the kernel',
    'remove the VOLUME',
  ),
  rule(
    'low-port',
    'Port below 1024',
    'note',
    0,
    undefined,
    'wants root, or a capability, to listen',
    'listen on a port above 1023',
  ),
  rule(
    'no-healthcheck',
    'No HEALTHCHECK',
    'note',
    0,
    undefined,
    'nobody notices when the application is there and does not answer',
    'add a HEALTHCHECK, or let the platform probe',
  ),
  rule(
    'remote-add',
    'ADD instead of COPY',
    'note',
    0,
    undefined,
    'ADD unpacks and fetches, which is easily more than was meant',
    'use COPY',
  ),
  rule(
    'update-alone',
    'Lists of packages updated alone',
    'note',
    0,
    undefined,
    'a cached layer with old lists installs old packages',
    'update and install in one RUN',
  ),
  rule(
    'distribution-upgrade',
    'Upgrade of the distribution',
    'note',
    0,
    undefined,
    'the image is no longer what its base says',
    'take a newer base',
  ),
  rule(
    'package-cache',
    'Lists or caches of packages left behind',
    'note',
    0,
    undefined,
    'megabytes that nothing needs',
    'remove them in the same RUN, or mount a cache',
  ),
  rule(
    'leftover',
    'File of the development',
    'note',
    0,
    undefined,
    'belongs to the project, not to the application',
    'put it into .dockerignore',
  ),
  rule(
    'records-missing',
    'Software that no package record names',
    'note',
    0,
    undefined,
    'scanners for vulnerabilities see only what has a record',
    'keep the records of packages in the image',
  ),
];

export const AUDIT_RULES: readonly AuditRule[] = [
  ...CAPABILITIES.map((capability): AuditRule => {
    const [title, points, count, level, why] = PROGRAMS[capability];
    return { name: capability, title, level, points, count, why, fix: LEAVE_OUT };
  }),
  ...OTHERS,
];

const BY_NAME: ReadonlyMap<string, AuditRule> = new Map(AUDIT_RULES.map((each) => [each.name, each]));

/** A name that is none is a fault of the caller. */
export function auditRule(name: string): AuditRule {
  const found = BY_NAME.get(name);
  if (!found) throw new TypeError(`there is no rule ${name}`);
  return found;
}

function rule(
  name: string,
  title: string,
  level: Level,
  points: number,
  count: CountName | undefined,
  why: string,
  fix: string,
): AuditRule {
  return { name, title, level, points, ...(count && { count }), why, fix };
}
