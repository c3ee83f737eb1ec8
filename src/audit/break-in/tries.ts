/** What is tried with programs of the image: the calls that intruders begin with, each with the sign that it worked. */
import type { Audit } from '../types.ts';
import { ANSWER } from './listener.ts';
import type { AttemptKind } from './types.ts';

export interface Try {
  readonly kind: AttemptKind;
  readonly args: readonly string[];
  /** Whether it did what it was to do; `reached` tells that somebody connected meanwhile. */
  readonly worked: (ended: Ended) => boolean;
}

export interface Ended {
  readonly status: number;
  readonly output: string;
  readonly reached: boolean;
}

/** What a program says that has computed it, and that is not in its arguments. */
const PROOF = 'decant-42';

type Arguments = (name: string, port: number) => readonly string[];

const SHELL: Arguments = (name) => [name, '-c', 'echo decant-$((6*7))'];
const ONE_LINERS: Readonly<Record<string, Arguments>> = {
  python: (name) => [name, '-c', "print('decant-%d' % (6*7))"],
  pypy: (name) => [name, '-c', "print('decant-%d' % (6*7))"],
  perl: (name) => [name, '-e', 'print "decant-", 6*7, "\\n"'],
  ruby: (name) => [name, '-e', 'puts "decant-#{6*7}"'],
  node: (name) => [name, '-e', 'console.log("decant-" + 6*7)'],
  nodejs: (name) => [name, '-e', 'console.log("decant-" + 6*7)'],
  php: (name) => [name, '-r', 'echo "decant-", 6*7, "\\n";'],
  lua: (name) => [name, '-e', 'print("decant-" .. 6*7)'],
  awk: (name) => [name, 'BEGIN{print "decant-" 6*7}'],
  gawk: (name) => [name, 'BEGIN{print "decant-" 6*7}'],
  mawk: (name) => [name, 'BEGIN{print "decant-" 6*7}'],
};
/** Each led to the listener, whatever its own settings say. */
const MANAGERS: Readonly<Record<string, Arguments>> = {
  'apt-get': (name, port) => [
    name,
    '-o',
    `Acquire::http::Proxy=http://127.0.0.1:${port}`,
    '-o',
    `Acquire::https::Proxy=http://127.0.0.1:${port}`,
    '-o',
    'Acquire::Retries=0',
    '-o',
    'Acquire::http::Timeout=3',
    'update',
  ],
  apk: (name, port) => [
    name,
    '--repositories-file',
    '/dev/null',
    '-X',
    `http://127.0.0.1:${port}/`,
    'update',
  ],
  pip: (name, port) => [
    name,
    'download',
    '--no-deps',
    '--disable-pip-version-check',
    '--retries',
    '0',
    '--timeout',
    '3',
    '-i',
    `http://127.0.0.1:${port}/simple`,
    '-d',
    '/tmp',
    'decant-audit',
  ],
  npm: (name, port) => [
    name,
    'view',
    '--registry',
    `http://127.0.0.1:${port}/`,
    '--fetch-retries',
    '0',
    'decant-audit',
  ],
  dpkg: (name) => [name, '--version'],
  rpm: (name) => [name, '--version'],
};
const DOWNLOADERS: Readonly<Record<string, Arguments>> = {
  curl: (name, port) => [name, '-s', '-m', '5', `http://127.0.0.1:${port}/`],
  wget: (name, port) => [name, '-q', '-O', '-', `http://127.0.0.1:${port}/`],
};
const CONNECTORS: Readonly<Record<string, Arguments>> = {
  nc: (name, port) => [name, '-w', '3', '127.0.0.1', String(port)],
  ncat: (name, port) => [name, '-w', '3', '127.0.0.1', String(port)],
  socat: (name, port) => [name, '-T', '3', '-', `TCP:127.0.0.1:${port}`],
  telnet: (name, port) => [name, '127.0.0.1', String(port)],
  openssl: (name, port) => [name, 's_client', '-connect', `127.0.0.1:${port}`],
  ssh: (name, port) => [
    name,
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=3',
    '-o',
    'StrictHostKeyChecking=no',
    '-p',
    String(port),
    '127.0.0.1',
  ],
};

/** Tried in every image, there or not. */
const ALWAYS = {
  shell: ['sh', 'bash', 'dash', 'ash', 'busybox'],
  interpreter: ['python3', 'perl', 'node', 'awk'],
  'package-manager': ['apt-get', 'dpkg', 'apk', 'pip'],
  download: ['curl', 'wget'],
  network: ['nc', 'openssl'],
} as const;

const isAnswer = ({ output }: Ended): boolean => output.includes(ANSWER.trim());
const isProof = ({ output }: Ended): boolean => output.includes(PROOF);

export function triesOf(audit: Audit, port: number): readonly Try[] {
  const there = audit.findings.flatMap(({ program, path }) =>
    program && path !== undefined && program.appletOf === undefined ? [{ ...program, path: `/${path}` }] : [],
  );
  /** Found programs by path, where they are not what the names above lead to anyway. */
  const found = (capability: string): readonly { readonly name: string; readonly path: string }[] =>
    there.filter(({ capabilities: [first] }) => first === capability);
  const shells = [
    ...ALWAYS.shell.map((name) =>
      name === 'busybox' ? [name, 'sh', '-c', SHELL('', 0)[2] ?? ''] : SHELL(name, 0),
    ),
    ...found('shell').flatMap(({ name, path }) => {
      if (name !== 'busybox' && name !== 'toybox') return [SHELL(path, 0)];
      return isMultiCall(path) ? [[path, 'sh', '-c', SHELL('', 0)[2] ?? '']] : [];
    }),
  ].map((args): Try => ({ kind: 'shell', args, worked: isProof }));
  const named = (
    kind: AttemptKind,
    always: readonly string[],
    capability: string,
    table: Readonly<Record<string, Arguments>>,
    worked: Try['worked'],
  ): readonly Try[] => {
    const names = [...always, ...found(capability).flatMap(({ name, path }) => (table[name] ? [path] : []))];
    return names.flatMap((each) => {
      const known = there.find(({ path }) => path === each)?.name ?? each.replace(/\d+$/, '');
      const make = table[known];
      return make ? [{ kind, args: make(each, port), worked }] : [];
    });
  };
  const applets = there
    .filter(({ path }) => isMultiCall(path))
    .flatMap(({ path }) => appletTries(port).map((each) => ({ ...each, args: [path, ...each.args] })));
  return unique([
    ...shells,
    ...LOOKS,
    ...named('interpreter', ALWAYS.interpreter, 'interpreter', ONE_LINERS, isProof),
    ...named(
      'package-manager',
      ALWAYS['package-manager'],
      'package-manager',
      MANAGERS,
      ({ reached, status, output }) => reached || (status === 0 && /version|Debian|RPM/i.test(output)),
    ),
    ...named('download', ALWAYS.download, 'download', DOWNLOADERS, ({ output }) =>
      output.includes(ANSWER.trim()),
    ),
    ...named('network', ALWAYS.network, 'network', CONNECTORS, ({ reached }) => reached),
    ...named('network', [], 'remote', CONNECTORS, ({ reached }) => reached),
    ...applets,
  ]);
}

/** Programs that are many: what they can do is tried through them, whether there are links or not. */
function isMultiCall(path: string): boolean {
  // Under another name they are that program alone.
  return /\/(?:busybox|toybox|coreutils)[^/]*$/.test(path);
}

const LOOKS: readonly Try[] = [
  { kind: 'look-around', args: ['ls', '/'], worked: ({ status, output }) => status === 0 && output !== '' },
  {
    kind: 'look-around',
    args: ['find', '/', '-maxdepth', '1'],
    worked: ({ output }) => /^\/\w/m.test(output),
  },
  { kind: 'look-around', args: ['id'], worked: ({ output }) => output.includes('uid=') },
  { kind: 'read', args: ['cat', '/proc/self/status'], worked: ({ output }) => output.includes('Pid:') },
  {
    kind: 'read',
    args: ['grep', 'Pid', '/proc/self/status'],
    worked: ({ output }) => output.includes('Pid:'),
  },
  { kind: 'environment', args: ['env'], worked: ({ output }) => /^PATH=/m.test(output) },
];

function appletTries(port: number): readonly Try[] {
  return [
    ...LOOKS,
    { kind: 'download', args: DOWNLOADERS['wget']?.('wget', port) ?? [], worked: isAnswer },
    { kind: 'network', args: CONNECTORS['nc']?.('nc', port) ?? [], worked: ({ reached }) => reached },
  ];
}

function unique(tries: readonly Try[]): readonly Try[] {
  return [...new Map(tries.map((each) => [each.args.join('\0'), each])).values()];
}
