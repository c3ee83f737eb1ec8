/**
 * Archives that were made to do harm, or were damaged on their way, in every place where the program takes one: import,
 * ADD, and load. Whatever they say, nothing is written outside of the store, and a refusal is one clear error.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { expectError, expectNoTrace, need, run } from './support/decant.ts';
import type { Ended } from './support/decant.ts';
import { baseTar, busybox, NOBODY, temporary, writeFiles } from './support/place.ts';
import { randomNumbers } from './support/random.ts';
import { BLOCK, gnuNameOf, memberOf, paxOf, seal, tarOf } from './support/tar.ts';

const folder = temporary();
const home = join(folder, 'store');
const canary = join(folder, 'canary');
const up = '../'.repeat(20);
const END = Buffer.alloc(2 * BLOCK);
const FIRST = memberOf({ name: 'first', content: 'an archive begins like any other' });

beforeAll(() => {
  writeFiles(canary, { bird: 'alive\n', 'nest/egg': 'whole\n' });
});

afterEach(() => {
  expect(
    execFileSync('find', ['.', '-printf', '%p %y %m %n %l\n'], { cwd: canary, encoding: 'utf8' })
      .split('\n')
      .map((line) => line.replace(/(?<= d \d+ )\d+/, 'any'))
      .sort(),
  ).toEqual(['', '. d 755 any ', './bird f 644 1 ', './nest d 755 any ', './nest/egg f 644 1 ']);
  expect(readFileSync(join(canary, 'bird'), 'utf8')).toBe('alive\n');
  expect(readFileSync(join(canary, 'nest/egg'), 'utf8')).toBe('whole\n');
});

/** An archive with a harmless member first, so that ADD knows it for one. */
function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([FIRST, ...parts, END]);
}

const file = (name: string | Buffer, content = 'x'): Buffer => memberOf({ name, content });
const symlink = (name: string, link: string): Buffer => memberOf({ name, type: '2', link, mode: 0o777 });
const hardlink = (name: string, link: string): Buffer => memberOf({ name, type: '1', link });
const directory = (name: string): Buffer => memberOf({ name: `${name}/`, type: '5', mode: 0o755 });
/** The size field as a base-256 number (GNU): a first byte of 0x80, or 0xff for negative ones. */
const binarySize = (...bytes: readonly number[]): Buffer => {
  const member = file('huge', '');
  member.fill(bytes[0] === 0xff ? 0xff : 0, 124, 136);
  Buffer.from(bytes).copy(member, 136 - bytes.length);
  member[124] = bytes[0] === 0xff ? 0xff : 0x80;
  return seal(member);
};

const REFUSED: readonly (readonly [string, ErrorCode, Buffer])[] = [
  ['a name with ..', 'ARCHIVE_UNSAFE', archive(file(`${up}${canary.slice(1)}/a`))],
  ['a name with .. in its middle', 'ARCHIVE_UNSAFE', archive(directory('d'), file(`d/../../${canary}/b`))],
  ['a name that is ..', 'ARCHIVE_UNSAFE', archive(file('..'))],
  ['.. in a PAX name', 'ARCHIVE_UNSAFE', archive(paxOf({ path: `a/../../${canary}/d` }), file('harmless'))],
  ['.. in a GNU name', 'ARCHIVE_UNSAFE', archive(gnuNameOf(`${up}${canary}/e`), file('harmless'))],
  ['a file below a link that leads out', 'ARCHIVE_UNSAFE', archive(symlink('l', canary), file('l/f'))],
  [
    'a file below a relative link that leads out',
    'ARCHIVE_UNSAFE',
    archive(symlink('l', up + canary.slice(1)), file('l/f')),
  ],
  [
    'a file below a link to a link',
    'ARCHIVE_UNSAFE',
    archive(symlink('k', canary), symlink('l', 'k'), file('l/nest/g')),
  ],
  ['a file below a link to the archive itself', 'ARCHIVE_UNSAFE', archive(symlink('l', '.'), file('l/f'))],
  ['a directory below a link', 'ARCHIVE_UNSAFE', archive(symlink('l', canary), directory('l/made'))],
  ['a link below a link', 'ARCHIVE_UNSAFE', archive(symlink('l', canary), symlink('l/made', '/etc'))],
  ['a file below a file', 'ARCHIVE_UNSAFE', archive(file('f'), file('f/g'))],
  [
    'a file below a device',
    'ARCHIVE_UNSAFE',
    archive(memberOf({ name: 'n', type: '3', device: [1, 3] }), file('n/g')),
  ],
  ['a hard link to a file outside', 'ARCHIVE_INVALID', archive(hardlink('h', `${canary}/bird`))],
  ['a hard link with ..', 'ARCHIVE_UNSAFE', archive(hardlink('h', `${up}${canary.slice(1)}/bird`))],
  ['a hard link through a link', 'ARCHIVE_INVALID', archive(symlink('l', canary), hardlink('h', 'l/bird'))],
  ['a hard link to what is not there', 'ARCHIVE_INVALID', archive(hardlink('h', 'nothing'))],
  ['a hard link to itself', 'ARCHIVE_INVALID', archive(hardlink('h', 'h'))],
  ['a hard link to a directory', 'ARCHIVE_INVALID', archive(directory('d'), hardlink('h', 'd'))],
  ['a file in the place of the root', 'ARCHIVE_INVALID', archive(file('./'))],
  ['a link in the place of the root', 'ARCHIVE_UNSAFE', archive(symlink('./', canary), file('a'))],
  ['a symbolic link to nothing', 'ARCHIVE_INVALID', archive(symlink('l', ''))],
  ['a name of 5000 bytes', 'ARCHIVE_UNSAFE', archive(paxOf({ path: 'n'.repeat(5000) }), file('n'))],
  ['a GNU name of 5000 bytes', 'ARCHIVE_UNSAFE', archive(gnuNameOf(`${'n/'.repeat(2500)}n`), file('n'))],
  [
    'a name of 300 bytes, which no file system takes',
    'ARCHIVE_UNSAFE',
    archive(paxOf({ path: 'n'.repeat(300) }), file('n')),
  ],
  ['a NUL in a PAX name', 'ARCHIVE_INVALID', archive(paxOf({ path: 'a\0b' }), file('n'))],
  ['a NUL in a PAX link', 'ARCHIVE_INVALID', archive(paxOf({ linkpath: 'a\0b' }), symlink('l', 'x'))],
  ['a declared size of 8 GiB', 'ARCHIVE_INVALID', archive(memberOf({ name: 'h', size: '77777777777\0' }))],
  ['a declared size of 2^62', 'ARCHIVE_INVALID', archive(binarySize(0x40, 0, 0, 0, 0, 0, 0, 0))],
  ['a negative size', 'ARCHIVE_INVALID', archive(binarySize(0xff, 0xff))],
  ['a size that is no number', 'ARCHIVE_INVALID', archive(memberOf({ name: 'h', size: 'sizeless' }))],
  ['a PAX size beyond all numbers', 'ARCHIVE_INVALID', archive(paxOf({ size: '9'.repeat(30) }), file('h'))],
  ['a PAX size that is negative', 'ARCHIVE_INVALID', archive(paxOf({ size: '-1' }), file('h'))],
  [
    'PAX records that are none',
    'ARCHIVE_INVALID',
    archive(memberOf({ name: 'p', type: 'x', content: '99 path=\n' }), file('h')),
  ],
  [
    'an extended header of 100 MB',
    'ARCHIVE_INVALID',
    archive(memberOf({ name: 'p', type: 'x', size: 100_000_000 })),
  ],
  [
    'a sparse file of 8 EiB',
    'ARCHIVE_TOO_LARGE',
    archive(
      paxOf({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': 's',
        'GNU.sparse.realsize': '9000000000000000',
      }),
      memberOf({ name: 's', content: '1\n0\n0\n' + '\0'.repeat(506) }),
    ),
  ],
  ['a wrong checksum', 'ARCHIVE_INVALID', archive(Buffer.concat([file('f').fill('9', 148, 154)]))],
  ['one zero block and then more', 'ARCHIVE_INVALID', archive(Buffer.alloc(BLOCK), file('f'))],
];

test.each(REFUSED)('%s is refused by import and ADD', async (_, code, bytes) => {
  const [imported, added] = await Promise.all([importing(bytes), adding(bytes)]);
  expectError(imported, code, { message: /the archive on standard input/, hint: 'any' });
  expectError(added, code, { message: /"a\.tar"/, hint: 'any', place: 'Dockerfile:2' });
});

test.each([
  ['an absolute name', archive(file(`${canary}/c`))],
  ['a name of many slashes', archive(file(`///${canary}/c`))],
])('%s is refused by import, and stays below the destination of ADD', async (_, bytes) => {
  const [imported, added] = await Promise.all([importing(bytes), adding(bytes, 'type=image')]);
  expectError(imported, 'ARCHIVE_UNSAFE', { message: /the archive on standard input/, hint: 'any' });
  expect(added, added.stderr).toMatchObject({ status: 0 });
  const { stdout } = await run(home, ['ls', '-R', 'hostile:add']);
  expect(stdout).toContain(`${canary.slice(1)}/c`);
});

/** One of each sort; a leading slash is not among them, as it means the root in a layer. */
const IN_LAYERS = REFUSED.filter(([what]) =>
  /^(a name with \.\.|a file below a link that leads out|a hard link (with|through)|a declared|a wrong)/.test(
    what,
  ),
);

test.each(IN_LAYERS)('%s is refused in a layer that was loaded', async (_, code, bytes) => {
  await need(home, ['load'], { stdin: dockerArchive(bytes, 'hostile:layer') });
  const result = await run(home, ['inspect', 'hostile:layer']);
  expectError(result, code === 'ARCHIVE_INVALID' ? 'IMAGE_DAMAGED' : code, {
    message: /layer sha256:/,
    hint: 'any',
  });
});

const TAKEN: readonly (readonly [string, Buffer, readonly string[]])[] = [
  ['links that lead out', archive(symlink('l', canary), symlink('m', up)), ['l l', 'm l']],
  ['a link in the place of a link', archive(symlink('l', canary), symlink('l', 'first')), ['l l']],
  [
    'a file in the place of a link that leads out',
    archive(symlink('l', `${canary}/bird`), file('l')),
    ['l f'],
  ],
  [
    'a directory in the place of a link',
    archive(symlink('l', canary), directory('l'), file('l/a')),
    ['l d', 'l/a f'],
  ],
  [
    'a link in the place of a directory',
    archive(directory('d'), file('d/bird'), symlink('d', canary)),
    ['d l'],
  ],
  ['the same file twice', archive(file('d', 'one'), file('d', 'second')), ['d f']],
  [
    'a file in the place of a hard link',
    archive(file('f'), hardlink('h', 'f'), file('h', 'other')),
    ['f f', 'h f'],
  ],
  [
    'names with spaces, line ends and escapes',
    archive(file('a\nb'), file('\x1b[31m'), file(' ')),
    ['  f', '\x1b[31m f', 'a\nb f'],
  ],
  ['names that are not UTF-8', archive(file(Buffer.from([0xff, 0xfe, 0x2f, 0x61]))), ['\udcff']],
  ['a name of dots', archive(file('...'), file('.a/..b')), ['... f', '.a d', '.a/..b f']],
  ['a setuid program', archive(memberOf({ name: 's', mode: 0o6755, content: 'x' })), ['s f']],
];

describe.each(TAKEN)('%s', (_, bytes, entries) => {
  test.each(['import', 'ADD'])('are taken as they are by %s', async (way) => {
    const out = join(folder, 'out', String((count += 1)));
    const result = way === 'import' ? await importing(bytes) : await adding(bytes, 'type=image');
    expect(result, result.stderr).toMatchObject({ status: 0 });
    const name = way === 'import' ? 'hostile:import' : 'hostile:add';
    const context = writeFiles(join(folder, `taken-${count}`), { Dockerfile: `FROM ${name}\n` });
    // Into a directory where a link that leads out waits already.
    mkdirSync(out, { recursive: true });
    for (const name of ['l', 'd', 'first']) symlinkSync(join(canary, 'nest'), join(out, name));
    await need(home, ['build', '-o', `type=local,dest=${out}`, context]);
    const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %y\\0'], { cwd: out })
      .toString('latin1')
      .split('\0');
    const expected = entries.map((entry) => (entry === '\udcff' ? '\xff\xfe/a f' : entry));
    expect(found).toEqual(expect.arrayContaining(['first f', ...expected]));
  });
});

test('devices and set-id programs are data, and of no use to anyone', async () => {
  const devices = [
    { name: 'zero', type: '3', device: [1, 5] as const, mode: 0o666 },
    { name: 'disk', type: '4', device: [8, 0] as const, mode: 0o666 },
    { name: 'root', mode: 0o6755, content: 'x' },
  ];
  await importing(baseTar(...devices), 'hostile:devices');
  const script =
    'head -c 1 /zero >/dev/null 2>&1 && echo zero; head -c 1 /disk >/dev/null 2>&1 && echo disk; stat -c %a /root';
  expect(await run(home, ['run', '--network=none', 'hostile:devices', 'sh', '-c', script])).toMatchObject({
    status: 0,
    stdout: '6755\n',
  });
  if (process.getuid?.() === 0) {
    const look = (path: string): string =>
      execFileSync('sh', ['-c', 'ls "$1" 2>&1 || true', 'sh', path], { ...NOBODY, encoding: 'utf8' });
    for (const name of ['layers', 'tmp', 'cache']) expect(look(join(home, name))).toMatch(/denied/);
  }
});

test.each(['etc', 'tmp', 'dev', 'proc', 'sys', 'run', 'w'])(
  'an image whose /%s is a link that leads out: nothing goes there',
  async (name) => {
    const members = [
      ...['bin', 'etc', 'tmp', 'dev', 'proc', 'sys', 'run', 'w']
        .filter((each) => each !== name)
        .map((each) => ({ name: `${each}/`, type: '5', mode: 0o755 })),
      { name: 'bin/sh', mode: 0o755, content: readFileSync(busybox()) },
      { name, type: '2', link: `${up}${canary.slice(1)}` },
    ];
    await importing(tarOf(...members), `hostile:${name}`);
    const script = `echo x > /${name}/written; mkdir -p /${name}/made; echo done`;
    const ran = await run(home, ['run', '--network=none', `hostile:${name}`, '/bin/sh', '-c', script]);
    expectNoTrace(ran);
    const dockerfile = `FROM hostile:${name}\nWORKDIR /${name}/deep\nCOPY Dockerfile /${name}/\nRUN ["/bin/sh", "-c", "${script}"]\n`;
    const built = await run(home, [
      'build',
      '--network=none',
      writeFiles(join(folder, `link-${name}`), { Dockerfile: dockerfile }),
    ]);
    expectNoTrace(built);
    // Where the sandbox has mounts of its own to make it may refuse; where it has none, the link leads into the image.
    if (name === 'w') expect([ran.status, built.status], ran.stderr + built.stderr).toEqual([0, 0]);
  },
);

describe('damaged archives', () => {
  const members = [
    { name: 'd/', type: '5', mode: 0o755 },
    { name: 'd/one', content: 'a'.repeat(700) },
    { name: 'd/link', type: '2', link: 'one' },
    { name: 'd/two', content: 'b'.repeat(1500) },
  ];
  const whole = Buffer.concat([
    memberOf(members[0]!),
    paxOf({ comment: 'c'.repeat(600) }),
    ...members.slice(1).map(memberOf),
    END,
  ]);

  test('cut off at every block', async () => {
    const accepted: number[] = [];
    const blocks = Array.from({ length: whole.length / BLOCK - 1 }, (_, index) => index + 1);
    await inPairs(blocks, async (block) => {
      const result = await importing(whole.subarray(0, block * BLOCK));
      if (result.status === 0) accepted.push(block);
      else expectError(result, 'ARCHIVE_INVALID', { message: /cut off|ends after/, hint: 'any' });
    });
    // Where one member ends and the next has not begun, an archive may end.
    expect(accepted.sort((a, b) => a - b)).toEqual([1, 7, 8, 12, 13]);
  });

  test('cut off in the middle of blocks', async () => {
    for (const at of [1, 511, 513, 1000, whole.length - 3000]) {
      expectError(await importing(whole.subarray(0, at)), 'ARCHIVE_INVALID', {
        message: /cut off/,
        hint: 'any',
      });
    }
  });

  test('nothing at all', async () => {
    expectError(await importing(Buffer.alloc(0)), 'ARCHIVE_INVALID', { message: /is empty/, hint: /fail/ });
  });

  test('not an archive', async () => {
    for (const bytes of [
      Buffer.from('hello\n'),
      Buffer.alloc(2000, 'x'),
      Buffer.from('<html>'.repeat(200)),
    ]) {
      expectError(await importing(bytes), 'ARCHIVE_INVALID', { message: /./, hint: 'any' });
      expectError(await run(home, ['load'], { stdin: bytes }), 'ARCHIVE_INVALID', {
        message: /./,
        hint: 'any',
      });
    }
  });

  test.each([
    ['gzip', gzipSync(whole)],
    ['xz', execFileSync('xz', ['-c'], { input: whole })],
    ['bzip2', execFileSync('bzip2', ['-c'], { input: whole })],
    ['zstd', execFileSync('zstd', ['-c', '-q'], { input: whole })],
  ])('%s: cut off, damaged, followed by something else', async (_, packed) => {
    for (const at of [12, packed.length >> 1, packed.length - 1]) {
      expectError(await importing(packed.subarray(0, at)), 'ARCHIVE_INVALID', { message: /./, hint: 'any' });
    }
    const flipped = Buffer.from(packed);
    flipped[packed.length >> 1]! ^= 0x10;
    expectError(await importing(flipped), 'ARCHIVE_INVALID', { message: /./, hint: 'any' });
    expect(await importing(packed)).toMatchObject({ status: 0 });
  });

  test('bytes flipped, 25 times', async () => {
    const random = randomNumbers(2);
    let refused = 0;
    const damaged = Array.from({ length: 25 }, () => {
      const bytes = Buffer.from(whole);
      for (let flips = 1 + random() * 3; flips > 0; flips -= 1)
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << (random() * 8);
      return bytes;
    });
    await inPairs(damaged, async (bytes) => {
      const result = await importing(bytes);
      expectNoTrace(result);
      if (result.status === 0) return;
      refused += 1;
      expect(result.status, result.stderr).toBe(1);
      expect(result.stderr).toMatch(/\[ARCHIVE_(INVALID|UNSAFE|TOO_LARGE)\]/);
    });
    expect(refused).toBeGreaterThan(5);
  });
});

describe('archives that grow without end', () => {
  const mebibyte = Buffer.alloc(1 << 20);
  const bomb = (tool: string, size: number): Buffer =>
    execFileSync('sh', ['-c', `{ cat; head -c ${size} /dev/zero; } | ${tool}`], {
      input: Buffer.concat([FIRST, memberOf({ name: 'bomb', size }).subarray(0, BLOCK)]),
      maxBuffer: 1 << 26,
    });

  test.each([
    ['xz -1 -c', 60_000_000],
    ['bzip2 -c', 10_000_000],
    ['zstd -q -19 -c', 60_000_000],
  ])('%s: import, ADD and load refuse them', async (tool, size) => {
    const bytes = bomb(tool, size);
    expect(bytes.length).toBeLessThan(100_000);
    const failure = { message: /grows/, hint: 'any' } as const;
    expectError(await importing(bytes), 'ARCHIVE_TOO_LARGE', failure);
    expectError(await adding(bytes), 'ARCHIVE_TOO_LARGE', { ...failure, place: 'Dockerfile:2' });
    expectError(await run(home, ['load'], { stdin: bytes }), 'ARCHIVE_TOO_LARGE', failure);
  });

  test('a file of zeros that gzip made small is no bomb', async () => {
    const bytes = gzipSync(
      Buffer.concat([
        FIRST,
        memberOf({ name: 'zeros', content: Buffer.concat(Array<Buffer>(64).fill(mebibyte)) }),
        END,
      ]),
    );
    expect(await importing(bytes)).toMatchObject({ status: 0 });
  });
});

describe('image archives for load', () => {
  const layer = tarOf({ name: 'f', content: 'x' });

  test.each<[string, ErrorCode, Buffer]>([
    ['a name that leads out', 'ARCHIVE_UNSAFE', tarOf({ name: `${up}${canary.slice(1)}/a`, content: '{}' })],
    ['an absolute name', 'ARCHIVE_UNSAFE', tarOf({ name: `${canary}/a`, content: '{}' })],
    [
      'a link that leads out',
      'ARCHIVE_UNSAFE',
      tarOf({ name: 'manifest.json', type: '2', link: `${canary}/bird` }),
    ],
    [
      'a relative link that leads out',
      'ARCHIVE_UNSAFE',
      tarOf({ name: 'a/l', type: '2', link: '../../bird' }),
    ],
    ['a device', 'ARCHIVE_UNSAFE', tarOf({ name: 'manifest.json', type: '3', device: [1, 5] })],
    ['a manifest that is not JSON', 'IMAGE_DAMAGED', tarOf({ name: 'manifest.json', content: '[{' })],
    [
      'a manifest of the wrong form',
      'IMAGE_DAMAGED',
      tarOf({ name: 'manifest.json', content: '[{"Config":7,"Layers":"x"}]' }),
    ],
    [
      'a manifest that names what is not there',
      'IMAGE_DAMAGED',
      tarOf({ name: 'manifest.json', content: '[{"Config":"c.json","RepoTags":["a:b"],"Layers":[]}]' }),
    ],
    [
      'a manifest that names what is outside',
      'ARCHIVE_UNSAFE',
      tarOf({
        name: 'manifest.json',
        content: `[{"Config":"${up}etc/passwd","RepoTags":["a:b"],"Layers":[]}]`,
      }),
    ],
    ['no manifest', 'ARCHIVE_INVALID', layer],
    [
      'a blob of another digest',
      'DIGEST_MISMATCH',
      tarOf({ name: `blobs/sha256/${'0'.repeat(64)}`, content: 'x' }),
    ],
    [
      'a layer of another diff id',
      'DIGEST_MISMATCH',
      dockerArchive(layer, 'a:b', { diffId: `sha256:${'0'.repeat(64)}` }),
    ],
    ['an invalid name', 'IMAGE_DAMAGED', dockerArchive(layer, 'Not:A:Name')],
    [
      'links in a circle',
      'ARCHIVE_INVALID',
      tarOf(
        { name: 'manifest.json', type: '2', link: 'other' },
        { name: 'other', type: '2', link: 'manifest.json' },
      ),
    ],
  ])('%s', async (_, code, bytes) => {
    expectError(await run(home, ['load'], { stdin: bytes }), code, { message: /./, hint: 'any' });
  });

  test('a sound one, cut off at every tenth of it', async () => {
    const whole = dockerArchive(layer, 'hostile:cut');
    for (let part = 1; part < 10; part += 1) {
      const result = await run(home, ['load'], {
        stdin: whole.subarray(0, Math.floor((whole.length * part) / 10)),
      });
      expectNoTrace(result);
      if (part < 8) expect(result.status, result.stderr).not.toBe(0);
    }
    expect(await run(home, ['load'], { stdin: whole })).toMatchObject({ status: 0 });
  });
});

test('after all of this the store is sound, and nothing waits in it', async () => {
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  await need(home, ['rmi', 'hostile:layer']);
  await need(home, ['images']);
  await need(home, ['prune', '--all']);
  await importing(baseTar(), 'hostile:base');
  expect(await run(home, ['run', 'hostile:base', 'true'])).toMatchObject({ status: 0 });
});

let count = 0;

async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all([worker(), worker()]);
}

function importing(bytes: Buffer, name = 'hostile:import'): Promise<Ended> {
  return run(home, ['import', '-', name], { stdin: bytes });
}

function adding(bytes: Buffer, output = `type=tar,dest=${join(folder, 'added.tar')}`): Promise<Ended> {
  count += 1;
  const context = writeFiles(join(folder, `context-${count}`), {
    Dockerfile: 'FROM scratch\nADD a.tar /\n',
    'a.tar': bytes,
  });
  return run(home, ['build', '-t', 'hostile:add', '-o', output, context]);
}

function dockerArchive(layer: Buffer, name: string, lie: { readonly diffId?: string } = {}): Buffer {
  const diffId = lie.diffId ?? `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  return tarOf(
    { name: 'config.json', content: JSON.stringify(config) },
    { name: 'layer.tar', content: layer },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  );
}
