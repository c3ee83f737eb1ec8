import { afterAll, describe, expect, test } from 'vitest';
import { contentLines, debBench } from '../../debian/deb/testing.ts';
import type { TestPackage } from '../../debian/testing/deb.ts';
import { makeLayer } from '../../tree/layer.ts';
import { fullStatus, statusStanza } from './full-status.ts';

const bench = debBench();
afterAll(bench.close);

const APP: TestPackage = {
  name: 'app',
  version: '1.0-1',
  fields: { Source: 'app-src (1.0)', Description: 'an application\n It runs.\n .\n Well.' },
  files: { '/bin/app': { content: 'app', mode: 0o755 }, '/etc/app.conf': 'a' },
  conffiles: ['/etc/app.conf'],
  scripts: {
    postinst: '#!/bin/sh\n',
    triggers: 'interest /usr/share/app\ninterest-noawait app-cache\nactivate-noawait ldconfig\n',
    templates: 'Template: app/x\n',
  },
};
const LIB: TestPackage = {
  name: 'libx',
  version: '2',
  fields: { 'Multi-Arch': 'same' },
  files: { '/usr/lib/x': 'x' },
  scripts: { shlibs: 'libx 2 libx\n', triggers: 'interest-await app-cache\n' },
};

async function records(...packages: readonly TestPackage[]): Promise<readonly string[]> {
  return contentLines(makeLayer(fullStatus(await bench.debs(...packages), 7))).map((line) =>
    line.replace(/^\/var\/lib\/dpkg/, ''),
  );
}

describe('the status file', () => {
  test('has every package as its control file has it, unpacked, with its conffiles', async () => {
    const [deb] = await bench.debs(APP);
    if (!deb) throw new TypeError('no package');
    const lines = deb.controlText.trimEnd().split('\n');
    expect(statusStanza(deb)).toBe(
      [
        'Package: app',
        'Status: install ok unpacked',
        ...lines.slice(1),
        'Conffiles:',
        ' /etc/app.conf 0cc175b9c0f1b6a831c399e269772661',
        '',
      ].join('\n'),
    );
  });

  test('takes no word of the package about its own state', async () => {
    const text = 'Package: app\nVersion: 1\nArchitecture: all\nConffiles:\n /etc/shadow 0\nSection: x\n';
    const [deb] = await bench.debs({ name: 'app', version: '1' });
    if (!deb) throw new TypeError('no package');
    expect(statusStanza({ ...deb, controlText: text })).toBe(
      'Package: app\nStatus: install ok unpacked\nVersion: 1\nArchitecture: all\nSection: x\n',
    );
  });

  test('separates packages by an empty line', async () => {
    const status = (await records(APP, LIB)).find((line) => line.startsWith('/status ')) ?? '';
    expect(status.match(/\\n\\nPackage: libx\\nStatus: /g)).toHaveLength(1);
  });
});

describe('the records of a package', () => {
  test('are its control files, scripts to be run, and the list of its paths', async () => {
    expect((await records(APP)).filter((line) => line.startsWith('/info'))).toEqual([
      '/info directory 755 0:0',
      '/info/app.conffiles file 644 0:0 "/etc/app.conf\\n"',
      '/info/app.list file 644 0:0 "/.\\n/bin\\n/bin/app\\n/etc\\n/etc/app.conf\\n"',
      '/info/app.md5sums file 644 0:0 "d2a57dc1d883fd21fb9951699df71cc7  bin/app\\n"',
      '/info/app.postinst file 755 0:0 "#!/bin/sh\\n"',
      '/info/app.templates file 644 0:0 "Template: app/x\\n"',
      expect.stringMatching(/^\/info\/app\.triggers file 644/),
      '/info/format file 644 0:0 "1\\n"',
    ]);
  });

  test('carry the architecture where a package may be there in several', async () => {
    expect((await records(LIB)).filter((line) => line.includes('libx') && line.startsWith('/info'))).toEqual([
      '/info/libx:amd64.list file 644 0:0 "/.\\n/usr\\n/usr/lib\\n/usr/lib/x\\n"',
      '/info/libx:amd64.md5sums file 644 0:0 "9dd4e461268c8034f5c8564e155c67a6  usr/lib/x\\n"',
      '/info/libx:amd64.shlibs file 644 0:0 "libx 2 libx\\n"',
      expect.stringMatching(/^\/info\/libx:amd64\.triggers/),
    ]);
  });
});

test('triggers are known to those who wait for them', async () => {
  expect((await records(APP, LIB)).filter((line) => line.startsWith('/triggers'))).toEqual([
    '/triggers directory 755 0:0',
    '/triggers/File file 644 0:0 "/usr/share/app app\\n"',
    '/triggers/Unincorp file 644 0:0 ""',
    '/triggers/app-cache file 644 0:0 "app/noawait\\nlibx:amd64\\n"',
  ]);
});
