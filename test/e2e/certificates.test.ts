/** `--ca-certificates`: lent to what runs, found where programs look, and nowhere in what was built. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { treeText } from '../support/images.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

// Bytes that cannot come from anywhere else. Whether they are a certificate does not matter to decant.
const MARK = 'bGVudCB0byB0aGUgc3RlcCBhbmQgdG8gbm9ib2R5IGVsc2U';
const PEM = `-----BEGIN CERTIFICATE-----\n${MARK}=\n-----END CERTIFICATE-----\n`;
const OWN = '-----BEGIN CERTIFICATE-----\nb2YgdGhlIGltYWdl\n-----END CERTIFICATE-----\n';
const VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'PIP_CERT',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
];
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let flags: readonly string[] = [];
  beforeAll(async () => {
    bench = await withBase(user);
    flags = ['--ca-certificates', join(bench.files({ 'lent.pem': PEM }), 'lent.pem')];
    const Dockerfile = `FROM ${BASE}\nCOPY own.pem ${BUNDLE}\n`;
    await bench.need(['build', '-t', 'trusting', bench.files({ Dockerfile, 'own.pem': OWN })]);
  });
  afterAll(() => bench.remove());

  const context = (Dockerfile: string): string => bench.files({ Dockerfile });
  const count = (path: string): string => `grep -c '${MARK}' ${path}`;

  test('every variable leads to a file with the lent certificates and those of the image', async () => {
    const counts = VARIABLES.map((name) => count(`"$${name}"`)).join('; ');
    const own = `grep -c b2YgdGhlIGltYWdl "$SSL_CERT_FILE"`;
    const directory = context(`FROM trusting\nRUN { ${counts}; ${own}; } > /counts || true\n`);
    const expected = '1\n'.repeat(VARIABLES.length + 1);
    expect(await treeText(bench, [...flags, directory], '/counts')).toBe(expected);
  });

  test.each(['trusting', BASE])('the bundle of the system has them too, on %s', async (image) => {
    const directory = context(`FROM ${image}\nRUN ${count(BUNDLE)} > /count\n`);
    expect(await treeText(bench, [...flags, directory], '/count')).toBe('1\n');
  });

  test('every user can read them', async () => {
    const read = `test -r "$SSL_CERT_FILE" && ${count(BUNDLE)} > /tmp/count`;
    const directory = context(`FROM ${BASE}\nUSER 1000:1001\nRUN ${read}\n`);
    expect(await treeText(bench, [...flags, directory], '/tmp/count')).toBe('1\n');
  });

  test('a variable that the image sets stays as it is', async () => {
    const directory = context(`FROM ${BASE}\nENV PIP_CERT=/own\nRUN echo "$PIP_CERT" > /said\n`);
    expect(await treeText(bench, [...flags, directory], '/said')).toBe('/own\n');
  });

  test('not one byte of them is in the image, whatever the step did', async () => {
    const Dockerfile = `\
FROM trusting
RUN cat ${BUNDLE} > /dev/null
RUN touch ${BUNDLE} && chmod 600 ${BUNDLE} && chmod 644 ${BUNDLE}
RUN echo '# added' >> ${BUNDLE}
RUN mkdir -p /srv/new && echo work > /srv/new/file
RUN env > /srv/environment
FROM ${BASE}
COPY --from=0 / /copy/
`;
    const layout = bench.path('layout');
    await bench.need(['build', ...flags, '-o', `type=oci,dest=${layout},tar=false`, context(Dockerfile)]);
    const blobs = readdirSync(join(layout, 'blobs/sha256')).map((name) =>
      readFileSync(join(layout, 'blobs/sha256', name)),
    );
    const layers = blobs
      .filter((bytes) => bytes.readUInt16BE(0) === 0x1f8b)
      .map((bytes) => gunzipSync(bytes));
    expect(layers.length).toBeGreaterThanOrEqual(2);
    for (const bytes of [...blobs, ...layers]) expect(bytes.includes(MARK)).toBe(false);
    const { stdout } = await bench.need(['build', '-q', '-t', 'result', ...flags, context(Dockerfile)]);
    expect(stdout).toMatch(/^sha256:/);
    expect((await bench.need(['run', 'result', 'cat', `/copy${BUNDLE}`])).stdout).toBe(`${OWN}# added\n`);
  });

  test('lending them or not gives the same image, from the same cache', async () => {
    const Dockerfile = 'FROM trusting\nRUN echo steady > /x\nCOPY Dockerfile /\n';
    const lent = (await bench.need(['build', '-q', ...flags, context(Dockerfile)])).stdout;
    expect((await bench.need(['build', '-q', context(Dockerfile)])).stdout).toBe(lent);
    expect((await bench.need(['build', '-q', '--no-cache', context(Dockerfile)])).stdout).toBe(lent);
  });

  test('`run` lends them as well', async () => {
    const script = `${count('"$SSL_CERT_FILE"')} && ${count(BUNDLE)}`;
    const { stdout } = await bench.need(['run', ...flags, 'trusting', 'sh', '-c', script]);
    expect(stdout).toBe('1\n1\n');
    const without = await bench.need([
      'run',
      'trusting',
      'sh',
      '-c',
      `echo "[$SSL_CERT_FILE]"; cat ${BUNDLE}`,
    ]);
    expect(without.stdout).toBe(`[]\n${OWN}`);
  });

  test('host lends what this machine trusts, and what its variables add', async () => {
    const directory = context(`FROM ${BASE}\nRUN ${count('"$CURL_CA_BUNDLE"')} > /count\n`);
    const variables = { SSL_CERT_FILE: flags[1] ?? '' };
    const args = ['build', '-t', 'host', '--ca-certificates', 'host', directory];
    await bench.need(args, { variables });
    expect((await bench.need(['run', 'host', 'cat', '/count'])).stdout).toBe('1\n');
  });

  test.each([
    ['a file that is not there', 'nowhere.pem', 'FILE_UNREADABLE'],
    ['a file without a certificate', 'Dockerfile', 'FILE_UNREADABLE'],
  ])('%s is one clear error', async (_, name, code) => {
    const directory = context(`FROM ${BASE}\nRUN true\n`);
    const result = await bench.decant(['build', '--ca-certificates', join(directory, name), directory]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(name);
    expect(result.stderr).toContain(`[${code}]`);
  });
});
