/**
 * A small package archive for tests: made, signed and served on loopback. It is a real one (dists/, pool/, by-hash,
 * InRelease), so apt could use it too, and what it serves can be changed to see what is refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { PrivateKey } from 'openpgp';

import { sha256 } from '../../codec/digest.ts';
import type { ArchiveSource } from '../source.ts';
import { type SuiteFiles, suiteFiles, type TestSuite } from './suite.ts';

export { buildDeb, type BuiltDeb, type TestFile, type TestPackage } from './deb.ts';
export { TEST_NOW, type TestSuite } from './suite.ts';

export interface TestArchiveOptions {
  readonly suites: Readonly<Record<string, TestSuite>>;
  /** The key to sign with; one is made unless given. */
  readonly key?: TestKey;
}

export interface TestKey {
  readonly key: PrivateKey;
  /** The public part. */
  readonly armored: string;
  /** In capitals. */
  readonly fingerprint: string;
}

export interface ServedRequest {
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
}

export interface TestArchive {
  /** The address: the folder that has `dists/`. */
  readonly url: string;
  readonly key: TestKey;
  /** Everything it serves, by path (`dists/bookworm/InRelease`). Change it as you like. */
  readonly files: Map<string, Buffer>;
  readonly requests: ServedRequest[];
  /** Sources for suites (all of them, if none is named) that trust the archive's key. */
  readonly sources: (...suites: readonly string[]) => readonly ArchiveSource[];
  /** Makes a suite anew, as a mirror's update does; packages that are not listed any more stay in the pool. */
  readonly publish: (suite: string, description: TestSuite) => Promise<void>;
  /** Answers before the files do: give back true once the response is taken care of. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function serveArchive(options: TestArchiveOptions): Promise<TestArchive> {
  const key = options.key ?? (await makeKey());
  const files = new Map<string, Buffer>();
  const described = new Map(Object.entries(options.suites));
  const requests: ServedRequest[] = [];
  const publish = async (suite: string, description: TestSuite): Promise<void> => {
    described.set(suite, description);
    const made: SuiteFiles = suiteFiles(suite, description);
    for (const [path, bytes] of made.files) files.set(path, bytes);
    files.set(`dists/${suite}/InRelease`, Buffer.from(await sign(made.release, key, made.date)));
  };
  for (const [suite, description] of described) await publish(suite, description);

  const server = createServer((request, response) => {
    response.once('finish', () =>
      requests.push({ path: pathOf(request), status: response.statusCode, headers: request.headers }),
    );
    if (archive.intercept?.(request, response)) return;
    answer(files.get(pathOf(request)), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<unknown>((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const archive: TestArchive = {
    url,
    key,
    files,
    requests,
    publish,
    intercept: undefined,
    sources: (...suites) =>
      (suites.length > 0 ? suites : [...described.keys()]).map((suite) => ({
        uri: url,
        suite,
        components: Object.keys(described.get(suite)?.components ?? { main: [] }),
        signedBy: [{ armored: key.armored }],
      })),
    close,
    [Symbol.asyncDispose]: close,
  };
  return archive;
}

/** A key made on a day, good for some seconds (or for ever). */
export async function makeKey(
  made: Date = new Date('2025-01-01T00:00:00Z'),
  validSeconds = 0,
): Promise<TestKey> {
  const { generateKey } = await import('openpgp');
  const { privateKey } = await generateKey({
    type: 'ecc',
    curve: 'nistP256',
    userIDs: [{ name: 'Test Archive', email: 'test@example.org' }],
    date: made,
    keyExpirationTime: validSeconds,
    format: 'object',
  });
  return {
    key: privateKey,
    armored: privateKey.toPublic().armor(),
    fingerprint: privateKey.getFingerprint().toUpperCase(),
  };
}

/** A text in clear with its signature, as `InRelease` has it. */
export async function sign(text: string, { key }: TestKey, date: Date): Promise<string> {
  const { createCleartextMessage, sign: signMessage } = await import('openpgp');
  return signMessage({ message: await createCleartextMessage({ text }), signingKeys: key, date });
}

function pathOf(request: IncomingMessage): string {
  return decodeURIComponent((request.url ?? '/').slice(1));
}

/** Ranges and ETags as mirrors have them. */
function answer(file: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (!file) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  const etag = `"${sha256(file).slice(7, 39)}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const start = from === undefined ? 0 : Number(from);
  const body = file.subarray(start);
  const range =
    from === undefined ? {} : { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
  response
    .writeHead(from === undefined ? 200 : 206, { etag, 'content-length': body.length, ...range })
    .end(body);
}
