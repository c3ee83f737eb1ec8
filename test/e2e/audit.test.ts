/**
 * The audit as users start it. Small images, each with one planted fault: every one is found, and nothing is found in its
 * twin, which is the same without the fault.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Audit, Finding } from '../../src/audit/types.ts';
import { type ImageLines, writeLayout } from '../support/layout.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';

const line = (mode: string, text: string, owner = '0:0'): string =>
  `file ${mode} ${owner} ${JSON.stringify(text)}`;
const program = (mode = '0755', owner = '0:0'): string => line(mode, `\u007fELF${'\0'.repeat(60)}`, owner);
const script = (text: string): string => line('0755', text);
/** Random, and nobody's. */
const token = (length: number): string =>
  Array.from({ length }, (_, index) => {
    const [byte = 0] = createHash('sha256').update(`fault ${index} ${length}`).digest();
    return 'q7Rw2Zk9Xv4Bn8Mt3Lp6Hd5Gf1Js0cYuAeWi'[byte % 36];
  }).join('');
const KEY = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const USER = { User: '65532:65532', Entrypoint: ['/app'] };
const PASSWD = 'root:x:0:0:root:/root:/sbin/nologin\n';
/** cap_net_admin=ep: revision 2, effective; bit 12. */
const CAPABILITY = Buffer.from('0100000200100000000000000000000000000000', 'hex').toString('base64');

interface Fault {
  readonly rule: string;
  readonly path?: string;
  readonly state?: Finding['state'];
  readonly bad: ImageLines;
  readonly good: ImageLines;
}

/** A file that is one way in the faulty image and another way, or not at all, in its twin. */
function file(rule: string, path: string, bad: string, good?: string, more: Partial<Fault> = {}): Fault {
  const image = (text: string | undefined): ImageLines => ({
    layers: [{ app: program(), ...(text !== undefined && { [path]: text }) }],
    config: USER,
  });
  return { rule, path, bad: image(bad), good: image(good), ...more };
}

function config(rule: string, bad: object, good: object, state: Finding['state'] = 'config'): Fault {
  const image = (settings: object): ImageLines => ({
    layers: [{ app: program() }],
    config: { ...USER, ...settings },
  });
  return { rule, state, bad: image(bad), good: image(good) };
}

function history(rule: string, bad: string, good: string): Fault {
  const image = (text: string): ImageLines => ({
    layers: [{ app: program() }],
    config: USER,
    history: [{ created_by: 'COPY app /app' }, { created_by: text, empty_layer: true }],
  });
  return { rule, state: 'history', bad: image(bad), good: image(good) };
}

const BUSYBOX = `\u007fELF${'\0'.repeat(60)}[\0[[\0ash\0cat\0chmod\0find\0ls\0nc\0sh\0vi\0wget\0\0`;

const FAULTS: Readonly<Record<string, Fault>> = {
  'a setuid program': file('setuid', 'srv/tool', program('4755')),
  'a setgid program': file('setgid', 'srv/tool', program('2755')),
  'a program with capabilities': file(
    'file-capability',
    'srv/tool',
    `${program()} {security.capability=${CAPABILITY}}`,
  ),
  'a shell': file('shell', 'bin/dash', program(), line('0644', 'no program')),
  'a busybox under another name': file('shell', 'opt/x', script(BUSYBOX), program()),
  'an interpreter': file('interpreter', 'usr/bin/python3.12', program(), line('0644', 'x')),
  'a package manager': file('package-manager', 'usr/bin/apt-get', program()),
  'a downloader': file('download', 'usr/local/bin/curl', program()),
  'a scanner of networks': file('network', 'opt/tools/nmap', program()),
  'a debugger': file('debugger', 'usr/bin/gdb', program()),
  'a compiler left behind': file('compiler', 'usr/bin/x86_64-linux-gnu-gcc-12', program()),
  'a client of clusters': file('container', 'usr/local/bin/kubectl', program()),
  'a client of clouds': file('cloud', 'usr/local/bin/aws', program()),
  'a directory of PATH that everyone may change': file(
    'world-writable-directory',
    'usr/local/bin',
    'dir 0777',
    'dir 0755',
  ),
  'a program that everyone may change': file(
    'world-writable-program',
    'srv/tool',
    program('0777'),
    program('0755'),
  ),
  "a program that the image's user may change": file(
    'writable-program',
    'app',
    program('0755', '65532:65532'),
    program(),
  ),
  'a directory of PATH that the user may write to': file(
    'writable-path',
    'usr/local/bin',
    'dir 0755 65532:65532',
    'dir 0755',
  ),
  'a private key': file(
    'secret',
    'srv/tls.pem',
    line('0600', KEY),
    line('0644', KEY.replaceAll('PRIVATE', 'PUBLIC')),
  ),
  'a private key in a deleted layer': {
    rule: 'secret',
    path: 'srv/id',
    state: 'deleted',
    bad: {
      layers: [{ app: program(), 'srv/id': line('0600', KEY) }, { 'srv/.wh.id': 'file 0644' }],
      config: USER,
    },
    good: {
      layers: [{ app: program(), 'srv/id': line('0600', 'x') }, { 'srv/.wh.id': 'file 0644' }],
      config: USER,
    },
  },
  'a token in a file that was replaced': {
    rule: 'secret',
    path: 'srv/.npmrc',
    state: 'replaced',
    bad: {
      layers: [
        { app: program(), 'srv/.npmrc': line('0600', `//r/:_authToken=${token(36)}\n`) },
        { 'srv/.npmrc': line('0600', 'x') },
      ],
      config: USER,
    },
    good: {
      layers: [
        { app: program(), 'srv/.npmrc': line('0600', '//r/:_authToken=${NPM_TOKEN}\n') },
        { 'srv/.npmrc': line('0600', 'x') },
      ],
      config: USER,
    },
  },
  'a token in a program': file(
    'secret',
    'srv/tool',
    script(`#!/app\nghp_${token(36)}\n`),
    script('#!/app\nghp_config\n'),
  ),
  'a file of variables': file(
    'secret',
    'srv/.env',
    line('0644', 'API_TOKEN=k3x9v7w2\n'),
    line('0644', 'API_TOKEN=\n'),
  ),
  'passwords of registries': file(
    'secret',
    'root/.docker/config.json',
    line('0600', '{"auths":{"r":{"auth":"dXNlcjpwYXNzd29yZA=="}}}'),
    line('0600', '{"auths":{}}'),
  ),
  'a store of keys': file('keystore', 'srv/server.p12', line('0600', 'x'), undefined),
  'a history of commands': file(
    'shell-history',
    'root/.bash_history',
    line('0600', 'mysql -psecret\n'),
    line('0600', ''),
  ),
  'a token in the history': history(
    'secret',
    `RUN |1 TOKEN=ghp_${token(36)} /bin/sh -c make # buildkit`,
    'RUN |1 VERSION=1.2.3 /bin/sh -c make # buildkit',
  ),
  'a password in the history': history(
    'likely-secret',
    'RUN |1 DB_PASSWORD=tr0ub4dor /bin/sh -c make # buildkit',
    'RUN |1 DB_PASSWORD_FILE=/run/secrets/db /bin/sh -c make # buildkit',
  ),
  'a token in a variable': config('secret', { Env: [`X=glpat-${token(20)}`] }, { Env: ['X=glpat'] }),
  'a password in a variable': config(
    'likely-secret',
    { Env: ['DB_PASSWORD=tr0ub4dor'] },
    { Env: ['DB_PASSWORD='] },
  ),
  'a password in an address': config(
    'secret',
    { Env: ['DATABASE=postgres://app:tr0ub4dor@db/app'] },
    { Env: ['DATABASE=postgres://app@db/app'] },
  ),
  'a secret in a label': config(
    'likely-secret',
    { Labels: { 'org.x.api_key': 'k3x9v7w2' } },
    { Labels: { 'org.x.title': 'k' } },
  ),
  'no user': config('root-user', { User: '' }, { User: '1000' }),
  'a user with the number of root': config('root-user', { User: '0:0' }, { User: '1:0' }),
  "a volume for Docker's socket": config(
    'docker-socket',
    { Volumes: { '/var/run/docker.sock': {} } },
    { Volumes: { '/data': {} } },
  ),
  'a repository': file('repository', 'srv/.git', 'dir 0755', undefined),
  'source code': file('source-code', 'srv/main.go', line('0644', 'package main'), undefined, {
    path: 'srv',
  }),
  'keys that may log in': file(
    'authorized-keys',
    'root/.ssh/authorized_keys',
    line('0600', 'ssh-ed25519 AAAA me\n'),
    line('0600', '# none\n'),
  ),
  'a scheduled job': file('scheduled-job', 'etc/cron.d/job', line('0644', '* * * * * root x\n')),
  'an account without a password': file(
    'empty-password',
    'etc/shadow',
    line('0600', 'root::1::::::\n'),
    line('0600', 'root:*:1::::::\n'),
    { path: 'etc/shadow' },
  ),
  'a second root': file(
    'second-root',
    'etc/passwd',
    line('0644', `${PASSWD}toor:x:0:0::/:/x\n`),
    line('0644', PASSWD),
  ),
  'sudo without a password': file(
    'sudo-without-password',
    'etc/sudoers.d/app',
    line('0440', 'app ALL=(ALL) NOPASSWD: ALL\n'),
    line('0440', 'app ALL=(ALL) ALL\n'),
  ),
};

let bench: Workbench;
let layout: string;
const tagOf = (name: string, kind: 'bad' | 'good'): string => `${kind}-${name.replaceAll(/\W+/g, '-')}`;
beforeAll(() => {
  bench = createWorkbench();
  layout = bench.path('layout');
  const images = Object.entries(FAULTS).flatMap(([name, { bad, good }], index) => [
    [tagOf(name, 'bad'), { ...bad, gzip: index % 2 === 0 }] as const,
    [tagOf(name, 'good'), { ...good, gzip: index % 2 === 0 }] as const,
  ]);
  mkdirSync(layout);
  writeLayout(layout, Object.fromEntries(images));
});
afterAll(() => bench.remove());

const audit = (tag: string): Promise<Audit> => bench.json<Audit>(['audit', `oci:${layout}:${tag}`]);

test('there are more than thirty faults', () => {
  expect(Object.keys(FAULTS).length).toBeGreaterThanOrEqual(30);
});

describe.concurrent('is found, and not in the twin', () => {
  test.each(Object.keys(FAULTS))('%s', async (name) => {
    const { rule, path, state = 'visible' } = FAULTS[name] as Fault;
    const bad = await audit(tagOf(name, 'bad'));
    const found = bad.findings.filter((each) => each.rule === rule);
    expect(found[0]).toMatchObject({ rule, state, ...(path !== undefined && { path }) });
    const good = await audit(tagOf(name, 'good'));
    const left = good.findings.filter((each) => each.points > 0 && each.rule !== 'executable');
    expect(left.map((each) => each.message)).toEqual([]);
    expect(good.score.value).toBeGreaterThan(bad.score.value);
  });
});

describe('the answer', () => {
  test('names applets one by one, and no secret', async () => {
    const { findings } = await audit(tagOf('a busybox under another name', 'bad'));
    const applets = findings.flatMap(({ program: known }) =>
      known?.appletOf === 'busybox' ? [known.name] : [],
    );
    expect(applets.sort()).toEqual(['ash', 'cat', 'chmod', 'find', 'ls', 'nc', 'sh', 'vi', 'wget']);
    const { stdout } = await bench.need([
      'audit',
      '--all',
      `oci:${layout}:${tagOf('a token in a program', 'bad')}`,
    ]);
    expect(stdout).toContain('ghp_… (40 characters, fingerprint');
    expect(stdout).not.toContain(token(36));
  });

  test.each(['text', 'json', 'sarif', 'junit', 'markdown'])('as %s', async (format) => {
    const image = `oci:${layout}:${tagOf('a private key in a deleted layer', 'bad')}`;
    const { stdout } = await bench.need(['audit', '--format', format, image]);
    expect(stdout).toContain('srv/id');
    if (format === 'sarif') {
      const [run] = (JSON.parse(stdout) as { runs: { results: { ruleId: string }[] }[] }).runs;
      expect(run?.results[0]).toMatchObject({ ruleId: 'secret', level: 'error' });
    }
    if (format === 'junit') expect(stdout).toMatch(/<testsuite name="[^"]*" tests="\d+" failures="1"/);
    if (format === 'markdown') expect(stdout.length).toBeLessThan(65_536);
  });

  test('has the checks by their numbers', async () => {
    const { checks } = await audit(tagOf('no user', 'bad'));
    const outcome = Object.fromEntries(checks.map((check) => [check.id, check.outcome]));
    expect(outcome).toMatchObject({
      'CIS-DI-0001': 'fail',
      'CIS-DI-0008': 'pass',
      'CIS-DI-0005': 'not-decidable',
    });
    expect(checks).toHaveLength(20);
  });

  test('is an error for a layer whose bytes are not what its digest says', async () => {
    const broken = bench.path('broken');
    writeLayout(broken, { it: { layers: [{ app: program() }], config: USER } });
    const index = JSON.parse(readFileSync(`${broken}/index.json`, 'utf8')) as {
      manifests: { digest: string }[];
    };
    const blob = (digest = ''): string => `${broken}/blobs/sha256/${digest.replace('sha256:', '')}`;
    const manifest = JSON.parse(readFileSync(blob(index.manifests[0]?.digest), 'utf8')) as {
      layers: { digest: string }[];
    };
    // The list of entries is kept from here on.
    await bench.need(['audit', `oci:${broken}:it`]);
    const layer = blob(manifest.layers[0]?.digest);
    const bytes = readFileSync(layer);
    bytes[600] = 1;
    writeFileSync(layer, bytes);
    const result = await bench.decant(['audit', `oci:${broken}:it`]);
    expect(result).toMatchObject({ status: 3, stdout: '' });
    expect(result.stderr).toContain('[DIGEST_MISMATCH]');
  });
});

describe('demands', () => {
  const shell = (): string => `oci:${layout}:${tagOf('a shell', 'bad')}`;
  const clean = (): string => `oci:${layout}:${tagOf('a shell', 'good')}`;

  test.each([
    [['--fail-on', 'warning'], 1],
    [['--fail-on', 'error'], 0],
    [['--max', 'shells=0'], 1],
    [['--max', 'shells=1'], 0],
    [['--min-score', '99'], 1],
    [['--min-score', '50'], 0],
  ])('%j ends with %i', async (flags, status) => {
    const result = await bench.decant(['audit', ...flags, shell()]);
    expect(result.status).toBe(status);
    expect(result.stderr.includes('[POLICY_UNMET]')).toBe(status === 1);
  });

  test('no worse than another image', async () => {
    const worse = await bench.decant(['audit', '--no-worse-than', clean(), shell()]);
    expect(worse.status).toBe(1);
    expect(worse.stderr).toContain('no-worse-than: shells: 0 before, 1 now');
    expect((await bench.decant(['audit', '--no-worse-than', shell(), clean()])).status).toBe(0);
  });

  test('of the project, with exceptions that end', async () => {
    const project = (until: string): string =>
      bench.files({
        'decant.yaml': `audit:\n  fail-on: warning\n  max: { shells: 0 }\n  exceptions:\n    - { rule: shell, path: /bin/*, reason: needed for now, until: ${until} }\n`,
      });
    const accepted = await bench.decant(['audit', shell()], { cwd: project('2999-01-01') });
    expect(accepted.status).toBe(0);
    expect(accepted.stdout).toContain('accepted: needed for now');
    const ended = await bench.decant(['audit', shell()], { cwd: project('2020-01-01') });
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain('ended on 2020-01-01');
  });

  test.each([
    [['--max', 'shels=0'], 'USAGE'],
    [['--max', 'shells'], 'USAGE'],
    [['--min-score', '101'], 'USAGE'],
  ])('%j is wrong usage', async (flags, code) => {
    const result = await bench.decant(['audit', ...flags, shell()]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain(`[${code}]`);
  });

  test('a misspelt rule of an exception is an error', async () => {
    const cwd = bench.files({ 'decant.yaml': 'audit:\n  exceptions:\n    - { rule: shel, reason: x }\n' });
    const result = await bench.decant(['audit', shell()], { cwd });
    expect(result.stderr).toContain('[CONFIG_INVALID]');
  });
});
