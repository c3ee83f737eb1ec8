import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  readFileSync,
  utimesSync,
  existsSync,
  linkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry, FileEntry } from '../tree/entry.ts';
import { hostCertificates, lendCertificates, readCertificates } from './certificates.ts';
import { takeBack } from './lent.ts';
import type { ImageView, LentFile } from './mounts.ts';

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const HOST = Buffer.from(pem('host'));
const MARKER = '# Lent for this step only.\n';
const DEBIAN = 'etc/ssl/certs/ca-certificates.crt';

/** An image of files (content) and links (`-> target`); all parents are directories. */
function imageOf(files: Readonly<Record<string, string>>): {
  view: ImageView;
  read: (entry: FileEntry) => Promise<Uint8Array>;
} {
  const directories = new Set(
    Object.keys(files).flatMap((path) =>
      path.split('/').map((_, index, all) => all.slice(0, index).join('/')),
    ),
  );
  const resolve = (path: string): string => {
    const text = files[path];
    return text?.startsWith('-> ') ? resolve(text.slice(3)) : path;
  };
  const lookup = (path: string): Entry | undefined => {
    const base = { path, mode: 0o644, uid: 0, gid: 0, mtime: 3 };
    const text = files[path];
    if (text === undefined)
      return directories.has(path) ? { ...base, mode: 0o755, type: 'directory' } : undefined;
    return {
      ...base,
      type: 'file',
      size: text.length,
      content: { kind: 'inline', bytes: Buffer.from(text) },
    };
  };
  return {
    view: { lookup, resolve },
    read: (entry) => Promise.resolve(Buffer.from(files[entry.path] ?? '')),
  };
}

const lend = (files: Readonly<Record<string, string>>) => {
  const { view, read } = imageOf(files);
  return lendCertificates(HOST, view, read);
};
const shown = (lent: readonly LentFile[]): Record<string, string> =>
  Object.fromEntries(
    lent.map(({ entry, original, addition }) => [
      entry.path,
      Buffer.concat([original ?? Buffer.alloc(0), addition]).toString(),
    ]),
  );

describe('lending', () => {
  test("an image without any bundle gets one at Debian's place", async () => {
    expect(shown((await lend({})).lent)).toEqual({ [DEBIAN]: MARKER + pem('host') });
  });

  test('an image with a bundle keeps its own authorities', async () => {
    expect(shown((await lend({ [DEBIAN]: pem('own') })).lent)).toEqual({
      [DEBIAN]: pem('own') + MARKER + pem('host'),
    });
  });

  test('a bundle without a last newline gets one', async () => {
    expect(shown((await lend({ [DEBIAN]: 'own' })).lent)).toEqual({
      [DEBIAN]: `own\n${MARKER}${pem('host')}`,
    });
  });

  test('every bundle once, where links lead', async () => {
    const tls = 'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem';
    const { lent } = await lend({
      [tls]: pem('own'),
      'etc/pki/tls/certs/ca-bundle.crt': `-> ${tls}`,
      'etc/ssl/cert.pem': `-> ${tls}`,
    });
    expect(lent.map((each) => each.entry.path)).toEqual([tls]);
  });

  test('an image whose place is no directory gets the variables only', async () => {
    const { lent, mounts } = await lend({ 'etc/ssl': 'a file' });
    expect(lent).toEqual([]);
    expect(mounts).toHaveLength(1);
  });

  test('variables name a file of the sandbox with the same authorities', async () => {
    const { env, mounts } = await lend({ [DEBIAN]: pem('own') });
    expect(new Set(Object.values(env))).toEqual(new Set([mounts[0]?.target]));
    expect(Object.keys(env).toSorted()).toEqual([
      'CURL_CA_BUNDLE',
      'GIT_SSL_CAINFO',
      'NODE_EXTRA_CA_CERTS',
      'PIP_CERT',
      'REQUESTS_CA_BUNDLE',
      'SSL_CERT_FILE',
    ]);
    expect(mounts[0]).toMatchObject({ type: 'data', mode: 0o444 });
    expect(mounts[0]?.type === 'data' && Buffer.from(mounts[0].bytes).toString()).toBe(
      pem('own') + MARKER + pem('host'),
    );
  });
});

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'decant-lent-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('taking back, when the process', () => {
  const write = (path: string, content: string): string => {
    const full = join(place, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  };
  const take = async (files: Record<string, string>): Promise<void> =>
    takeBack(place, (await lend(files)).lent);
  const union = pem('own') + MARKER + pem('host');

  test('wrote nothing', async () => {
    await take({});
    expect(existsSync(join(place, 'etc'))).toBe(false);
  });

  test('installed a bundle of its own, even one with the same certificates', async () => {
    const full = write(DEBIAN, pem('own') + pem('host'));
    await take({});
    expect(readFileSync(full, 'utf8')).toBe(pem('own') + pem('host'));
  });

  test("changed the mode of the image's bundle", async () => {
    const full = write(DEBIAN, union);
    utimesSync(full, 100, 200);
    await take({ [DEBIAN]: pem('own') });
    expect(readFileSync(full, 'utf8')).toBe(pem('own'));
    expect(statSync(full).mtimeMs).toBe(200_000);
  });

  test("appended to the image's bundle", async () => {
    const full = write(DEBIAN, `${union}${pem('new')}`);
    await take({ [DEBIAN]: pem('own') });
    expect(readFileSync(full, 'utf8')).toBe(pem('own') + pem('new'));
  });

  test('appended to a bundle that nobody had', async () => {
    const full = write(DEBIAN, `${MARKER}${pem('host')}${pem('new')}`);
    await take({});
    expect(readFileSync(full, 'utf8')).toBe(pem('new'));
  });

  test('touched a bundle that nobody had', async () => {
    const full = write(DEBIAN, MARKER + pem('host'));
    await take({});
    expect(existsSync(full)).toBe(false);
  });

  test('made another name for it', async () => {
    const full = write(DEBIAN, union);
    linkSync(full, join(place, 'other'));
    await take({ [DEBIAN]: pem('own') });
    expect(readFileSync(join(place, 'other'), 'utf8')).toBe(pem('own'));
  });

  test.each(['etc', 'etc/ssl', 'etc/ssl/certs', DEBIAN])(
    "put a link to the host's files at %s",
    async (link) => {
      const outside = mkdtempSync(join(tmpdir(), 'decant-outside-'));
      const target = link === DEBIAN ? join(outside, 'ca-certificates.crt') : outside;
      const victim = join(outside, link === DEBIAN ? 'ca-certificates.crt' : DEBIAN.slice(link.length + 1));
      mkdirSync(dirname(victim), { recursive: true });
      writeFileSync(victim, union);
      mkdirSync(dirname(join(place, link)), { recursive: true });
      symlinkSync(target, join(place, link));
      await take({ [DEBIAN]: pem('own') });
      expect(readFileSync(victim, 'utf8')).toBe(union);
      rmSync(outside, { recursive: true });
    },
  );
});

describe("this machine's authorities", () => {
  const file = (name: string, content: string): string => {
    writeFileSync(join(place, name), content);
    return join(place, name);
  };

  test('are the first bundle that is there', () => {
    const second = file('b', pem('system'));
    expect(hostCertificates({}, [join(place, 'a'), second]).toString()).toBe(pem('system'));
  });

  test('are those of SSL_CERT_FILE rather', () => {
    expect(
      hostCertificates({ SSL_CERT_FILE: file('x', pem('x')) }, [file('b', pem('system'))]).toString(),
    ).toBe(pem('x'));
  });

  test('and those of NODE_EXTRA_CA_CERTS, once', () => {
    const [system, extra] = [file('b', pem('system')), file('e', pem('extra'))];
    expect(hostCertificates({ NODE_EXTRA_CA_CERTS: extra }, [system]).toString()).toBe(
      pem('system') + pem('extra'),
    );
    expect(hostCertificates({ NODE_EXTRA_CA_CERTS: system }, [system]).toString()).toBe(pem('system'));
  });

  test('may be missing', () => {
    expect(() => hostCertificates({}, [])).toThrow(expect.objectContaining({ code: 'MACHINE_UNSUPPORTED' }));
  });

  test('must be certificates', () => {
    expect(() => readCertificates(file('x', 'nothing'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
    expect(() => readCertificates(join(place, 'none'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });
});
