/** ADD of URLs and git repositories, from a server and repositories of the test's own, as root and as an ordinary user. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTar, writeTar } from '../differential/tar.ts';
import { EMPTY_DIRECTORY } from '../differential/item.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';

const CHANGED = 'Tue, 02 Jan 2024 03:04:05 GMT';
const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const ARCHIVE = gzipSync(
  writeTar([
    { ...EMPTY_DIRECTORY, path: 'in/file', type: 'file', mode: 0o640, content: Buffer.from('in\n') },
  ]),
);

let server: Server;
let requests: IncomingMessage[] = [];
let hello = 'hello\n';
const address = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request);
  const path = request.url ?? '';
  const etag = `"${Buffer.from(hello).toString('hex')}"`;
  if (path.startsWith('/hello')) {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, 'last-modified': CHANGED }).end(hello);
  } else if (path === '/moved') response.writeHead(302, { location: '/hello.txt' }).end();
  else if (path === '/a.tar.gz' || path === '/') response.writeHead(200).end(ARCHIVE);
  else response.writeHead(404).end();
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  beforeAll(() => {
    bench = createWorkbench(user);
  });
  afterAll(() => bench.remove());

  async function built(dockerfile: string): Promise<Map<string, string>> {
    const context = bench.files({ Dockerfile: dockerfile });
    await bench.need(['build', '-o', `type=tar,dest=${bench.path('out.tar')}`, context]);
    return listed(bench.path('out.tar'));
  }

  async function refused(line: string): Promise<string> {
    const context = bench.files({ Dockerfile: `FROM scratch\n${line}\n` });
    const { status, stderr } = await bench.decant(['build', '-o', bench.path('none'), context]);
    expect(status).toBeGreaterThan(0);
    expect(stderr).not.toMatch(/^ {4}at /m);
    return `${status} ${stderr}`;
  }

  describe('ADD of a URL', () => {
    test('takes name, time and bytes, archives as they are unless asked, and follows redirects', async () => {
      const files = await built(
        [
          'FROM scratch',
          `ADD ${address('/hello%20world.txt?x=1')} /a/`,
          `ADD --chmod=755 --chown=7:8 ${address('/moved')} /b`,
          `ADD ${address('/a.tar.gz')} /packed/`,
          `ADD --unpack ${address('/a.tar.gz')} /unpacked/`,
          `ADD ${address('/')} /unnamed/`,
        ].join('\n'),
      );
      expect(files.get('a/hello world.txt')).toBe('file 600 0:0 1704164645 hello\n');
      expect(files.get('b')).toBe('file 755 7:8 1704164645 hello\n');
      expect(files.get('packed/a.tar.gz')).toMatch(/^file 600 0:0 0 /);
      expect(files.get('unpacked/in/file')).toBe('file 640 0:0 1600000000 in\n');
      expect([...files.keys()]).toContain('unnamed/__unnamed__');
    });

    test('asks only whether a file is another one, and not even that where its checksum is known', async () => {
      const url = address('/hello.again');
      requests = [];
      await built(`FROM scratch\nADD ${url} /x`);
      await built(`FROM scratch\nADD ${url} /x`);
      expect(requests.map(({ headers }) => headers['if-none-match'] !== undefined)).toEqual([false, true]);
      await built(`FROM scratch\nADD --checksum=sha256:${HELLO} ${url} /x`);
      requests = [];
      await built(`FROM scratch\nADD --checksum=sha256:${HELLO} ${url} /y`);
      expect(requests).toHaveLength(0);
      hello = 'other\n';
      const files = await built(`FROM scratch\nADD ${url} /x`);
      hello = 'hello\n';
      expect(files.get('x')).toMatch(/other\n$/);
    });

    test.each([
      [
        'a checksum that is another',
        `ADD --checksum=sha256:${'0'.repeat(64)} URL/hello.txt /`,
        '1 ',
        'CHECKSUM_MISMATCH',
      ],
      ['a checksum that is none', 'ADD --checksum=sha256:abc URL/hello.txt /', '1 ', 'invalid checksum'],
      [
        'a checksum of a file',
        `ADD --checksum=sha256:${HELLO} Dockerfile /`,
        '1 ',
        'checksum requires HTTP(S) or Git',
      ],
      ['a file that is not there', 'ADD URL/nothing /', '4 ', 'is not there'],
      ['COPY', 'COPY URL/hello.txt /', '1 ', "source can't be a URL for COPY"],
      [
        'a server that is not there',
        'ADD http://localhost.invalid/x /',
        '4 ',
        'cannot get http://localhost.invalid/x',
      ],
    ])('%s is refused', async (_what, line, status, message) => {
      const output = await refused(line.replace('URL', address('')));
      expect(output.startsWith(status)).toBe(true);
      expect(output).toContain(message);
    });
  });

  describe('ADD of a git repository', () => {
    let remote: string;
    let first: string;
    beforeAll(() => {
      ({ remote, first } = repositories(bench));
    });

    test('takes the files of a branch, tag, commit or directory, with submodules and without .git', async () => {
      const files = await built(
        [
          'FROM scratch',
          `ADD ${remote} /head`,
          `ADD ${remote}#v1 /tag/`,
          `ADD ${remote}#${first} /commit`,
          `ADD ${remote}?branch=main&subdir=dir&mtime=commit /part`,
          `ADD --chown=7:8 --exclude=dir ${remote} /owned`,
        ].join('\n'),
      );
      expect(files.get('head/two')).toBe('file 644 0:0 0 2\n');
      expect(files.get('head/dir/run.sh')).toBe('file 755 0:0 0 #!/bin/sh\n');
      expect(files.get('head/link')).toBe('symlink 777 0:0 0 dir');
      expect(files.get('head/module/inside')).toBe('file 644 0:0 0 inside\n');
      expect([...files.keys()].filter((path) => /\.git$|hook-ran/.test(path))).toEqual([]);
      expect([...files.keys()].some((path) => /^(tag|commit)\/two/.test(path))).toBe(false);
      expect(files.get('tag/dir/run.sh')).toBe(files.get('commit/dir/run.sh'));
      expect(files.get('part/run.sh')).toBe('file 755 0:0 1700000000 #!/bin/sh\n');
      expect(files.get('owned/two')).toBe('file 644 7:8 0 2\n');
      expect(files.has('owned/dir')).toBe(false);
    });

    test('keeps a repository that works where asked, with nothing of this machine in it', async () => {
      const files = await built(`FROM scratch\nADD --keep-git-dir=true ${remote}#v1 /r`);
      expect(files.get('r/.git/HEAD')).toContain(first);
      expect([...files.keys()].filter((path) => /\/(logs|hooks|FETCH_HEAD)(\/|$)/.test(path))).toEqual([]);
      expect(files.get('r/.git/config')).not.toContain(bench.path('decant-home'));
    });

    test('a branch that moves is seen, one that does not is in the cache', async () => {
      const context = bench.files({ Dockerfile: `FROM scratch\nADD ${remote}#moving /r` });
      const branch = (commit: string): unknown =>
        execFileSync('git', ['--git-dir', remote.slice('file://'.length), 'branch', '-f', 'moving', commit], {
          env: {
            ...process.env,
            GIT_CONFIG_COUNT: '1',
            GIT_CONFIG_KEY_0: 'safe.directory',
            GIT_CONFIG_VALUE_0: '*',
          },
        });
      const steps: string[] = [];
      for (const commit of [first, first, 'main']) {
        branch(commit);
        const { stderr } = await bench.need(['build', '-t', 'moving', context]);
        steps.push(/\d of 1 step/.exec(stderr)?.[0] ?? stderr);
      }
      expect(steps).toEqual(['0 of 1 step', '1 of 1 step', '0 of 1 step']);
    });

    test.each([
      ['a branch that is not there', 'ADD REMOTE#nowhere /', 'has no "nowhere"'],
      ['a directory that is not there', 'ADD REMOTE#:nowhere /', 'has no directory "nowhere"'],
      ['a directory behind a link', 'ADD REMOTE#:link /', 'has no directory "link"'],
      ['another commit than expected', 'ADD --checksum=0123456 REMOTE /', 'CHECKSUM_MISMATCH'],
      ['COPY', 'COPY REMOTE /', "source can't be a git ref for COPY"],
      ['what is no repository', 'ADD file:///nowhere.git /', 'GIT_FAILED'],
      ['a flag in place of a branch', 'ADD REMOTE#--upload-pack=touch /', 'is not a reference'],
    ])('%s is refused', async (_what, line, message) => {
      expect(await refused(line.replace('REMOTE', remote))).toContain(message);
    });
  });
});

/** A repository with a submodule, a tag `v1` on its first commit, and a hook that must not run. */
function repositories(bench: Workbench): { readonly remote: string; readonly first: string } {
  const folder = bench.path('repositories');
  mkdirSync(folder);
  const script = `
    set -e; cd "$1"
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    git init -q -b main inner; cd inner; echo inside > inside; git add .; git commit -qm inner; cd ..
    git clone -q --bare inner inner.git
    git init -q -b main outer; cd outer; mkdir dir; echo '#!/bin/sh' > dir/run.sh; chmod +x dir/run.sh; ln -s dir link
    git -c protocol.file.allow=always submodule --quiet add ../inner.git module
    git add .; git commit -qm one; git tag -a v1 -m v1; git rev-parse HEAD > ../first
    echo 2 > two; git add .; git commit -qm two; cd ..
    git clone -q --bare outer outer.git`;
  execFileSync('sh', ['-c', script, 'sh', folder]);
  const { uid, gid } = bench.user;
  execFileSync('chown', ['-R', `${uid}:${gid}`, folder]);
  return { remote: `file://${folder}/outer.git`, first: readFileSync(`${folder}/first`, 'utf8').trim() };
}

/** Path to `type mode owner time content`. */
function listed(archive: string): Map<string, string> {
  const lines = execFileSync('tar', ['-tvf', archive, '--utc', '--full-time', '--quoting-style=literal'], {
    encoding: 'utf8',
  });
  const times = lines.split('\n').map((line) => /(\d{4}-\S+) (\d\d:\S+) /.exec(line));
  return new Map(
    readTar(readFileSync(archive)).map((member, index) => {
      const { path, type, mode, uid, gid } = member;
      const time = Date.parse(`${times[index]?.[1]}T${times[index]?.[2]}Z`) / 1000;
      const rest =
        type === 'symlink' ? member.target : type === 'file' ? member.content.toString('latin1') : '';
      return [path.replace(/\/$/, ''), `${type} ${mode.toString(8)} ${uid}:${gid} ${time} ${rest}`];
    }),
  );
}
