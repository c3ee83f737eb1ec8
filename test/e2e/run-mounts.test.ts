/** `RUN --mount`: what a step is lent, what it leaves behind, and what counts for the cache. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listing, treeText } from '../support/images.ts';
import { start } from '../support/process.ts';
import { ranSteps } from '../support/progress.ts';
import { untilListening } from '../support/until.ts';
import { USERS } from '../support/users.ts';
import type { FileSpec, Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const SECRET = 'correct-horse-battery-staple';
/** Stands in a Dockerfile too, so it is in the records of the build. */
const SHOWN = 'known-to-everyone';

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await withBase(user);
  });
  afterAll(() => bench.remove());

  const context = (text: string, files: Readonly<Record<string, FileSpec>> = {}): string =>
    bench.files({ Dockerfile: text.replaceAll('BASE', BASE), ...files });
  const said = (text: string, path: string, files = {}, flags: readonly string[] = []): Promise<string> =>
    treeText(bench, [...flags, context(text, files)], path);
  const fails = async (text: string, flags: readonly string[] = []): Promise<string> => {
    const { status, stderr } = await bench.decant(['build', ...flags, context(text)]);
    expect(status).toBe(1);
    return stderr;
  };

  describe('bind', () => {
    const files = {
      'src/a.txt': 'a\n',
      'src/deep/b.txt': 'b\n',
      'left-out.txt': 'no\n',
      '.dockerignore': 'left*\n',
    };

    test('shows the context, without what the ignore file leaves out, as files of root', async () => {
      const look = "find . | sort; stat -c '%u:%g' src/a.txt";
      const text = `FROM BASE\nWORKDIR /work\nRUN --mount=target=. { ${look}; } > /seen\n`;
      expect(await said(text, '/seen', files)).toBe(
        '.\n./.dockerignore\n./Dockerfile\n./src\n./src/a.txt\n./src/deep\n./src/deep/b.txt\n0:0\n',
      );
    });

    test('of every step comes from the command line, and counts as one of the step does', async () => {
      const lent = bench.files({ 'wheel.txt': 'lent\n' });
      const folder = context('FROM BASE\nRUN cat /lent/wheel.txt > /seen; ls -d /lent > /there\n');
      const flags = ['--run-mount', 'from=wheels,target=/lent', '--build-context', `wheels=${lent}`];
      expect(await treeText(bench, [...flags, folder], '/seen')).toBe('lent\n');
      expect((await bench.need(['build', ...flags, folder])).stderr).toContain('cached       1 of 1 step');
      const other = bench.files({ 'wheel.txt': 'another\n' });
      const changed = [...flags.slice(0, 3), `wheels=${other}`];
      expect(await treeText(bench, [...changed, folder], '/seen')).toBe('another\n');
      const wrong = await bench.decant(['build', '--run-mount', 'typ=cache', folder]);
      expect(wrong).toMatchObject({ status: 2 });
      expect(wrong.stderr).toContain('--run-mount "typ=cache": ');
    });

    test('of a part, a file, a stage and an image', async () => {
      const text = `FROM BASE AS made
RUN mkdir -p /made/in && echo made > /made/in/file && ln -s in /made/link
FROM BASE
RUN --mount=source=src/deep,target=/deep --mount=src=src/a.txt,dst=/etc/one.txt \\
    --mount=from=made,source=/made/link,target=/stage --mount=from=0,source=made/in/file,target=/made-file \\
    --mount=from=BASE,target=/image,ro \\
    cat /deep/b.txt /etc/one.txt /stage/file /made-file > /all && test -x /image/bin/busybox
`;
      expect(await said(text, '/all', files)).toBe('b\na\nmade\nmade\n');
    });

    test('is read-only; with rw what is written is discarded', async () => {
      const text = `FROM BASE AS made
RUN echo made > /file
FROM BASE
RUN --mount=from=made,target=/m ! (echo changed > /m/file) 2>/dev/null
RUN --mount=from=made,target=/m,rw echo changed > /m/file && echo new > /m/new && cat /m/file > /first
RUN --mount=from=made,target=/m,rw cat /m/file > /second && ! test -e /m/new
`;
      const directory = context(text);
      expect(await treeText(bench, [directory], '/first')).toBe('changed\n');
      expect(await treeText(bench, [directory], '/second')).toBe('made\n');
    });

    test('leaves no mount point behind, but for what the step itself put beside it', async () => {
      const text = `FROM BASE
RUN --mount=source=src,target=/new/deep/src --mount=source=src/a.txt,target=/other/a.txt test -e /new/deep/src/a.txt
RUN --mount=source=src,target=/kept/src echo mine > /kept/file
`;
      const { bytes } = await bench.need(['build', '-o', '-', context(text, files)]);
      const made = listing(bytes);
      expect(Object.keys(made).filter((path) => /^\/(new|other|kept)/.test(path))).toEqual([
        '/kept',
        '/kept/file',
      ]);
    });

    test('another mount lies inside of it', async () => {
      const text = `FROM BASE AS made
RUN mkdir /tree && echo made > /tree/file
FROM BASE
RUN --mount=from=made,source=tree,target=/m --mount=type=cache,target=/m/inner/cache \\
    --mount=source=src/a.txt,target=/m/a.txt \\
    cat /m/file /m/a.txt > /seen && echo x > /m/inner/cache/x
`;
      expect(await said(text, '/seen', files)).toBe('made\na\n');
    });

    test('what is bound counts for the cache by its content', async () => {
      const directory = context(
        'FROM BASE\nRUN --mount=source=src,target=/src cat /src/a.txt > /out\n',
        files,
      );
      expect(await ranSteps(bench, [directory])).toHaveLength(1);
      expect(await ranSteps(bench, [directory])).toHaveLength(0);
      bench.change(directory, { 'left-out.txt': 'other\n', 'outside.txt': 'new\n' });
      expect(await ranSteps(bench, [directory])).toHaveLength(0);
      bench.change(directory, { 'src/a.txt': 'changed\n' });
      expect(await ranSteps(bench, [directory])).toHaveLength(1);
      expect(await treeText(bench, [directory], '/out')).toBe('changed\n');
    });

    test('a stage that is made again, with the same files, leaves the step in the cache', async () => {
      const text = (word: string): string => `FROM BASE AS made
RUN echo ${word} > /tmp/word && mkdir /out && echo same > /out/file
FROM BASE
RUN --mount=from=made,source=/out,target=/out cat /out/file > /seen
`;
      const directory = context(text('one'));
      expect(await ranSteps(bench, [directory])).toHaveLength(2);
      bench.change(directory, { Dockerfile: text('two').replaceAll('BASE', BASE) });
      expect(await ranSteps(bench, [directory])).toHaveLength(1);
    });

    test.each([
      ['RUN --mount=source=srcs,target=/x true', 'did you mean "src"?'],
      ['RUN --mount=target=/ true', 'invalid mount target "/"'],
      ['RUN --mount=from=nowhere,target=/x true', 'the image "nowhere" is not in the store'],
      ['RUN --mount=target=/proc/x true', 'cannot mount at /proc/x'],
      ['RUN --mount=target=/bin/busybox true', 'cannot mount at /bin/busybox'],
      ['RUN --mount=type=bnd,target=/x true', 'did you mean bind?'],
    ])('%s fails', async (instruction, message) => {
      const directory = context(`FROM BASE\n${instruction}\n`, files);
      const { status, stderr } = await bench.decant(['build', '--offline', directory]);
      expect({ status, stderr }).toMatchObject({ status: 1 });
      expect(stderr).toContain(message);
      expect(stderr).toContain('>>> 2 | RUN');
    });
  });

  describe('cache', () => {
    test('is kept from build to build, and in no layer', async () => {
      const directory = context(
        'FROM BASE\nRUN --mount=type=cache,target=/c echo x >> /c/list; wc -l < /c/list > /n\n',
      );
      const flags = ['--no-cache', directory];
      expect((await treeText(bench, flags, '/n')).trim()).toBe('1');
      expect((await treeText(bench, flags, '/n')).trim()).toBe('2');
      const { bytes } = await bench.need(['build', '-o', '-', directory]);
      expect(Object.keys(listing(bytes)).filter((path) => path.startsWith('/c/') || path === '/c')).toEqual(
        [],
      );
    });

    test('has the owner and mode that are asked for, and another where that is another cache', async () => {
      const text = `FROM BASE
ARG who=1000
USER \${who}
RUN --mount=type=cache,id=owned-\${who},target=/var/own,uid=\${who},gid=1001,mode=0700 \\
    stat -c '%a %u:%g' /var/own > /tmp/seen && touch /var/own/file
`;
      expect(await said(text, '/tmp/seen')).toBe('700 1000:1001\n');
    });

    test('begins with what from= has, and is kept then', async () => {
      const text = `FROM BASE AS seed
RUN mkdir /seed && echo first > /seed/list
FROM BASE
ARG turn
RUN --mount=type=cache,id=seeded,from=seed,source=/seed,target=/c echo $turn >> /c/list; cp /c/list /out
`;
      const directory = context(text);
      expect(await treeText(bench, ['--build-arg', 'turn=1', directory], '/out')).toBe('first\n1\n');
      expect(await treeText(bench, ['--build-arg', 'turn=2', directory], '/out')).toBe('first\n1\n2\n');
    });

    test('locked is for one step at a time; private gives each its own', async () => {
      const stage = (name: string, sharing: string): string => `FROM BASE AS ${name}
RUN --mount=type=cache,id=${sharing},sharing=${sharing},target=/c \\
    if [ -e /c/busy ]; then echo shared; else echo alone; fi > /said; touch /c/busy; sleep 0.5; rm -f /c/busy
`;
      for (const sharing of ['locked', 'private']) {
        const text = `${stage('one', sharing)}${stage('two', sharing)}FROM BASE
COPY --from=one /said /one
COPY --from=two /said /two
RUN cat /one /two > /both
`;
        expect(await said(text, '/both')).toBe('alone\nalone\n');
      }
    });

    test('two mounts of one locked cache in one step do not wait for each other', async () => {
      const text = `FROM BASE
RUN --mount=type=cache,id=twice,sharing=locked,target=/a --mount=type=cache,id=twice,sharing=locked,target=/b \\
    echo x > /a/file && cat /b/file > /out
`;
      expect(await said(text, '/out')).toBe('x\n');
    });
  });

  test('tmpfs is empty, has its size, and nothing of it is kept', async () => {
    const text = `FROM BASE
RUN --mount=type=tmpfs,target=/etc,size=1m df -k /etc | tail -1 | awk '{print $2}' > /size; ls /etc | wc -l >> /size
RUN test -e /etc/passwd
`;
    expect((await said(text, '/size')).split(/\s+/)[0]).toBe('1024');
  });

  describe('secret', () => {
    test('is a file in memory with the mode and owner asked for, or a variable', async () => {
      const text = `FROM BASE
RUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = ${SHOWN} && stat -c '%a %u:%g' /run/secrets/token > /one
USER 1000
RUN --mount=type=secret,id=token,target=/tmp/t,mode=0440,uid=1000,gid=1001 \\
    test "$(cat /tmp/t)" = ${SHOWN} && stat -c '%a %u:%g' /tmp/t > /tmp/two
RUN --mount=type=secret,id=token,env=TOKEN test "$TOKEN" = ${SHOWN} && ! test -e /run/secrets/token
`;
      const flags = ['--secret', 'id=token,env=TOKEN'];
      const directory = context(text);
      const options = { variables: { TOKEN: SHOWN } };
      const { bytes } = await bench.need(['build', ...flags, '-o', '-', directory], options);
      expect(listing(bytes)).toMatchObject({
        '/one': 'file 0644 0:0 "400 0:0\\n"',
        '/tmp/two': 'file 0644 1000:1001 "440 1000:1001\\n"',
      });
    });

    test('is nowhere in the store, in the image, or in what is said; and does not count for the cache', async () => {
      const text = `FROM BASE
RUN --mount=type=secret,id=key,required cat /run/secrets/key && wc -c < /run/secrets/key > /length
`;
      const directory = context(text);
      const file = bench.path('secret.txt');
      bench.change(bench.folder, { 'secret.txt': SECRET });
      const flags = ['--secret', `id=key,src=${file}`, '--progress', 'plain', '-t', 'with-secret'];
      const { stderr } = await bench.need(['build', ...flags, directory]);
      expect(stderr).toContain('***');
      expect(stderr).not.toContain(SECRET);
      expect(holding(bench, SECRET)).toEqual([]);
      bench.change(bench.folder, { 'secret.txt': `other-${SECRET}` });
      expect(await ranSteps(bench, [...flags, directory])).toHaveLength(0);
    });

    test('that is not given is not there, and is an error where it is required', async () => {
      const text =
        'FROM BASE\nRUN --mount=type=secret,id=none ! test -e /run/secrets/none && echo so > /said\n';
      expect(await said(text, '/said')).toBe('so\n');
      const required = 'FROM BASE\nRUN --mount=type=secret,id=none,required true\n';
      expect(await fails(required)).toContain('secret none: not found [SECRET_MISSING]');
    });

    test.each([
      ['id=x,src=/no/such/file', 1, 'there is no file "/no/such/file"'],
      ['src=/etc/passwd', 2, 'it has no id'],
      ['id=x,env=NO_SUCH_VARIABLE', 2, 'no variable NO_SUCH_VARIABLE'],
      ['id=x,file=/etc/passwd', 2, '"file=/etc/passwd" is no field'],
    ])('--secret %s is refused', async (spec, status, message) => {
      const ended = await bench.decant(['build', '--secret', spec, context('FROM BASE\n')]);
      expect(ended).toMatchObject({ status });
      expect(ended.stderr).toContain(message);
    });
  });

  describe('ssh', () => {
    const text = `FROM BASE
COPY client /
USER 1000
RUN --mount=type=ssh,uid=1000 stat -c '%a %u' "$SSH_AUTH_SOCK" > /tmp/seen && ssh-add -l >> /tmp/seen
RUN ! test -e /run/buildkit
`;

    test('a step talks to an agent through a socket of its own, and with keys to one that is started', async () => {
      const key = bench.path('id');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'the key', '-f', key]);
      chownSync(key, user.uid, user.gid);
      const [, print] = execFileSync('ssh-keygen', ['-l', '-f', key], { encoding: 'utf8' }).split(' ');
      const expected = `600 1000\n256 ${print} the key (ED25519)\n`;
      const files = programFiles('ssh-add', 'client');
      expect(await said(text, '/tmp/seen', files, ['--ssh', `default=${key}`])).toBe(expected);

      const socket = bench.path('agent.sock');
      const agent = start(['ssh-agent', '-D', '-a', socket], { user });
      await untilListening(socket);
      const variables = { SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', key], { env: { ...process.env, ...variables }, uid: user.uid });
      const flags = ['build', '--no-cache', '--ssh', 'default', '-o', '-'];
      const { bytes } = await bench.need([...flags, context(text, files)], { variables });
      agent.child.kill();
      expect(listing(bytes)['/tmp/seen']).toContain(JSON.stringify(expected));
    });

    test('is an error where it is required and not given', async () => {
      expect(await fails('FROM BASE\nRUN --mount=type=ssh,required true\n')).toContain(
        'there is no ssh agent "default"',
      );
    });
  });

  test('nothing is left of mounts when a step fails', async () => {
    await fails('FROM BASE\nRUN --mount=type=cache,id=left,sharing=locked,target=/c false\n');
    expect(existsSync(bench.home) && readdirSync(join(bench.home, 'tmp'))).toEqual([]);
    const again = 'FROM BASE\nRUN --mount=type=cache,id=left,sharing=locked,target=/c echo had it > /said\n';
    expect(await said(again, '/said')).toBe('had it\n');
  });
});

/** Files of the store that have the text in them, packed layers looked into. */
function holding(bench: Workbench, text: string): string[] {
  const script = `grep -rl -- "$1" "$2" || true; for f in "$2"/blobs/sha256/*; do zcat -f "$f" | grep -q -- "$1" && echo "$f"; done; true`;
  const out = execFileSync('sh', ['-c', script, 'sh', text, bench.home], { encoding: 'utf8' });
  return out.split('\n').filter(Boolean);
}

/** A program of this machine with its libraries, as files of a context. */
function programFiles(name: string, folder: string): Record<string, FileSpec> {
  const path = execFileSync('which', [name], { encoding: 'utf8' }).trim();
  const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  const entries = [path, ...libraries].map((file): [string, FileSpec] => [
    `${folder}${file === path ? `/bin/${name}` : file}`,
    { text: readFileSync(file), mode: 0o755 },
  ]);
  return Object.fromEntries(entries);
}
