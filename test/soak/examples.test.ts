/**
 * Every example, as `npm run demo -- --all` builds it on a store of its own: what the demo says, and of each poured
 * image what it holds, whom it runs as, that it answers where it can write to nothing, and that it ends when told to.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTar } from '../differential/tar.ts';
import type { Ended } from '../support/process.ts';
import { run } from '../support/process.ts';
import { SELF, USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench, ROOT } from '../support/workbench.ts';

const ALL = readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const SERVICES = ALL.filter((name) => name !== 'calculator');

/** Programs of a shell, of package managers, of compilers and of a system that people work in. */
const TOOLS =
  /^(?:usr\/)?(?:local\/)?s?bin\/(?:(?:ba|da|z)?sh|busybox|apt.*|dpkg.*|npm|pip.*|gcc.*|cc|ld|go|cargo|rustc|javac|jar|node-gyp|cp|mv|ls|cat|rm|curl|wget|su|mount)$/;
const SOURCES = /(?:^|\/)(?:Dockerfile.*|\.dockerignore|[^/]+\.(?:go|rs|java|gyp|o))$/;
/** What ends a program at SIGTERM: itself, with status 0; Java by its own rule, with that of the signal. */
const endOf = (name: string): number => (name === 'java-weekdays' ? 143 : 0);

interface Inspected {
  readonly config: { readonly user?: string; readonly ports?: readonly string[] };
}

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let demo: Ended;
  beforeAll(async () => {
    bench = createWorkbench(user);
    const home = user.uid === SELF.uid ? process.env['HOME'] : bench.folder;
    const env = { ...process.env, HOME: home, DECANT_HOME: bench.home };
    demo = await run([process.execPath, join(ROOT, 'scripts/demo.mjs'), '--all'], { env, user });
  }, 1_800_000);
  afterAll(() => bench.remove());

  test('the demo shows every example, and each says the same from both images', () => {
    expect(demo, demo.stdout + demo.stderr).toMatchObject({ status: 0 });
    const table = demo.stdout.slice(demo.stdout.indexOf('all of them'));
    for (const name of ALL) {
      expect(table).toMatch(
        new RegExp(`^  ${name} .* MB +[\\d.]+ MB +[\\d.]+ : 1 +5 → \\d +[\\d.]+ s$`, 'm'),
      );
    }
    expect(table).toContain(`${ALL.length} of ${ALL.length} examples say the same from both images`);
  });

  test.each(ALL)('%s leaves compilers, tools and sources behind', async (name) => {
    const Dockerfile = `FROM ${name}:poured\n`;
    const { bytes } = await bench.need(['build', '-o', '-', bench.files({ Dockerfile })]);
    const paths = readTar(bytes).map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => TOOLS.test(path) || SOURCES.test(path))).toEqual([]);
  });

  test.each(SERVICES)('%s runs as an unprivileged user by its config', async (name) => {
    const [image] = await bench.json<readonly Inspected[]>(['inspect', `${name}:poured`]);
    expect(image?.config).toMatchObject({ user: '65532', ports: ['8080/tcp'] });
  });

  test.each(SERVICES)('%s answers where it can write to nothing, and ends at SIGTERM', async (name) => {
    const service = bench.start(['run', '--rm', '--read-only', '-e', 'PORT=0', `${name}:poured`], {
      holdInput: true,
    });
    let said = '';
    service.child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await service.says('as user 65532\n');
    const port = /listening on port (\d+)/.exec(said)?.[1];
    for (const [path = '', status, text = ''] of questions(name)) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      expect(String(response.status), path).toBe(status);
      const body = (await response.text()).trim();
      if (text !== '') expect(body, path).toBe(text);
    }
    service.child.kill('SIGTERM');
    const { status, stderr } = await service.ended;
    expect(status, stderr).toBe(endOf(name));
  });
});

function questions(name: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(ROOT, 'examples', name, 'requests.txt'), 'utf8').split('\n');
  const found = lines
    .filter((line) => line.startsWith('/'))
    .map((line) => line.split('|').map((field) => field.trim()));
  if (found.length < 4) throw new Error(`examples/${name}/requests.txt asks hardly anything`);
  return found;
}
