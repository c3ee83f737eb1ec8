/**
 * Programs in composed bases, as they would be in service: all of Python's standard library, TLS to a server whose
 * authority the recipe names, host names, time zones and locales, a web server that is not root.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { createServer as createProbe } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';
import { basesWorkbench } from './bases/composed.ts';

let bench: Workbench;
let server: Server;
let url: string;
beforeAll(async () => {
  bench = basesWorkbench();
  const [key, certificate] = [bench.path('key.pem'), bench.path('authority.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const name = ['-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...name, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => {
    response.end('hello');
  });
  // On every address: "localhost" is ::1 or 127.0.0.1, as each program has it.
  await new Promise<void>((resolve) => server.listen(0, resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  bench.remove();
});

/** Composes a recipe, once; what it begins from is its name. */
async function made(from: string, suite: string, more = ''): Promise<string> {
  const text = `from: ${from}\nsuite: ${suite}\n${more}`;
  const known = bases.get(text);
  if (known !== undefined) return known;
  const [path, tag] = [bench.path('recipe.yaml'), `programs:${from}-${suite}-${bases.size}`];
  writeFileSync(path, text);
  await bench.need(['base', 'build', path, '-t', tag, '--variant', 'nonroot']);
  bases.set(text, tag);
  return tag;
}

/** Names of what was composed, by recipe. */
const bases = new Map<string, string>();

const TRUST = 'certificates: [authority.pem]\n';

const CLIENTS: Readonly<Record<string, (address: string) => readonly string[]>> = {
  python3: (address) => [
    '-c',
    `import urllib.request; print(urllib.request.urlopen('${address}').read().decode())`,
  ],
  nodejs: (address) => [
    '-e',
    `require('https').get('${address}', (answer) => answer.on('data', (data) => console.log(String(data))))`,
  ],
  ruby: (address) => ['-e', `require 'net/http'; puts Net::HTTP.get(URI('${address}'))`],
  'php-cli': (address) => [
    '-r',
    `$text = file_get_contents('${address}'); if (!$text) exit(1); echo $text, "\\n";`,
  ],
};

describe.each(Object.keys(CLIENTS))('%s', (from) => {
  test.each(['12', '13'])(
    'on Debian %s trusts the authorities of the bundle, and no other',
    async (suite) => {
      const args = CLIENTS[from]?.(url) ?? [];
      const trusting = await made(from, suite, TRUST);
      expect((await bench.need(['run', trusting, ...args])).stdout).toBe('hello\n');
      const other = await bench.decant(['run', await made(from, suite), ...args]);
      expect([other.stdout, other.status === 0]).toEqual(['', false]);
      expect(other.stderr).toMatch(/certificate/i);
    },
  );
});

const JAVA = `
import java.net.*;
import java.net.http.*;
import java.time.*;
public class Check {
  public static void main(String[] arguments) throws Exception {
    try {
      var request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
      System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (javax.net.ssl.SSLHandshakeException error) {
      System.out.println("not trusted");
    }
    System.out.println(InetAddress.getByName("localhost").isLoopbackAddress());
    try {
      System.out.println(InetAddress.getByName("nowhere.invalid"));
    } catch (UnknownHostException error) {
      System.out.println("no such host");
    }
    System.out.println(java.nio.charset.Charset.defaultCharset());
    System.out.println(LocalDate.of(2024, 7, 1).atStartOfDay(ZoneId.of("Europe/Berlin")).getOffset());
    System.out.println(java.beans.Introspector.getBeanInfo(Thread.class).getPropertyDescriptors().length > 3);
    new java.awt.image.BufferedImage(8, 8, java.awt.image.BufferedImage.TYPE_INT_RGB).setRGB(1, 1, 7);
    System.out.println(System.getProperty("user.name") + " " + System.getenv("JAVA_VERSION"));
  }
}
`;

describe('Java', () => {
  beforeAll(async () => {
    const recipe = bench.path('jdk.yaml');
    writeFileSync(
      recipe,
      'name: jdk\nsuite: 12\npackages: [openjdk-17-jdk-headless]\nexclude: { java-common: one runtime, ca-certificates-java: no network }\n' +
        'allow-scripts: { openjdk-17-jdk-headless: alternatives, openjdk-17-jre-headless: alternatives }\n',
    );
    await bench.need(['base', 'build', recipe, '-t', 'jdk:latest']);
  });

  test.each([
    ['java17', '12'],
    ['java17-jlink', '12'],
    ['java21', '13'],
    ['java21-jlink', '13'],
    ['java25-jlink', '13'],
  ])('%s trusts its keystore, finds hosts and knows zones', async (from, suite) => {
    const seen = async (base: string): Promise<readonly string[]> => {
      const context = bench.files({
        'Check.java': JAVA,
        Dockerfile: [
          'FROM jdk:latest AS build',
          'COPY Check.java /',
          'RUN ["/usr/bin/javac", "-d", "/app", "/Check.java"]',
          `FROM ${base}`,
          'COPY --from=build /app /app',
          'ENTRYPOINT ["/usr/bin/java", "-cp", "/app", "Check"]',
        ].join('\n'),
      });
      await bench.need(['build', context, '-t', 'check:latest']);
      return (await bench.need(['run', 'check:latest', url])).stdout.trimEnd().split('\n');
    };
    const rest = ['true', 'no such host', 'UTF-8', '+02:00', 'true'];
    const last = expect.stringMatching(new RegExp(`^nonroot ${/\d+/.exec(from)?.[0]}\\.`)) as string;
    expect(await seen(await made(from, suite, TRUST))).toEqual(['hello', ...rest, last]);
    expect(await seen(await made(from, suite))).toEqual(['not trusted', ...rest, last]);
  });

  test('jlink gives an ordinary user the same', async () => {
    const recipe = 'from: java17-jlink\nsuite: 12\njlink: { modules: [java.base] }\n';
    const digests = new Set<string>();
    for (const user of USERS) {
      const own = createWorkbench(user);
      try {
        const path = `${own.files({ 'small.yaml': recipe })}/small.yaml`;
        const { digest } = await own.json<{ digest: string }>(['base', 'build', path, '-t', 'small']);
        digests.add(digest);
        const { stdout } = await own.need([
          'run',
          '--entrypoint',
          '/usr/bin/java',
          'small',
          '--list-modules',
        ]);
        expect(stdout).toMatch(/^java\.base@17[\d.]*\n$/);
      } finally {
        own.remove();
      }
    }
    expect(digests.size).toBe(1);
  });
});

/** What Debian has in packages of their own, and what is Windows' or an Apple's. */
const ELSEWHERE =
  /^(?:_gdbm|dbm\.gnu|_tkinter|tkinter|turtle|turtledemo|ensurepip|lib2to3|_ios_support|_overlapped|_pyrepl\.windows_console|_scproxy|_winapi|_wmi|_msi|msilib|asyncio\.windows_\w+|encodings\.(?:mbcs|oem)|msvcrt|multiprocessing\.popen_spawn_win32|nt|winreg|winsound)$/;

const MODULES = `
import importlib, pkgutil, sys
seen = []
def load(name):
    try:
        module = importlib.import_module(name)
        seen.append(name)
        return module
    except BaseException as error:
        print(f'{name}: {error}')
for name in sorted(sys.stdlib_module_names - {'antigravity', 'this', 'idlelib'}):
    module = load(name)
    for found in pkgutil.walk_packages(getattr(module, '__path__', []), name + '.', onerror=lambda name: None):
        if not ('.test' in found.name or found.name.endswith('.__main__')):
            load(found.name)
print('loaded', len(seen))
`;

test.each(['12', '13'])("every module of Python's standard library loads on Debian %s", async (suite) => {
  const { stdout } = await bench.need(['run', await made('python3', suite), '-c', MODULES]);
  const lines = stdout.trimEnd().split('\n');
  expect(Number(/^loaded (\d+)$/.exec(lines.at(-1) ?? '')?.[1])).toBeGreaterThan(500);
  expect(lines.slice(0, -1).filter((line) => !ELSEWHERE.test(line.slice(0, line.indexOf(':'))))).toEqual([]);
});

test('Python asks the C library for locale, zone, host and user', async () => {
  const more = `time-zone: Asia/Kathmandu
groups: [{ name: audio, gid: 29 }]
users: [{ name: app, uid: 1000, home: /home/app, groups: [audio] }]
home-mode: "0755"
`;
  const base = await made('python3', '13', more);
  const program = `
import ctypes, ctypes.util, grp, locale, os, pwd, socket, time
print(locale.setlocale(locale.LC_ALL, ''), time.tzname[0], time.timezone)
print(socket.gethostbyname('localhost'), socket.getservbyname('https'), socket.getprotobyname('tcp'))
print(pwd.getpwnam('app').pw_dir, grp.getgrnam('audio').gr_mem, oct(os.stat('/home/app').st_mode), os.getuid())
print(ctypes.CDLL(ctypes.util.find_library('c')).getpid() == os.getpid())
`;
  expect((await bench.need(['run', base, '-c', program])).stdout.split('\n')).toEqual([
    'C.UTF-8 +0545 -20700',
    '127.0.0.1 443 6',
    "/home/app ['app'] 0o40755 65532",
    'True',
    '',
  ]);
});

test.each(['12', '13'])('the clients of PostgreSQL on Debian %s', async (suite) => {
  const base = await made('postgres-client', suite);
  const { status, stderr } = await bench.decant([
    'run',
    base,
    '-h',
    'localhost',
    '-p',
    '1',
    '-c',
    'select 1',
  ]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/localhost.*refused/is)]);
  const dump = await bench.need(['run', '--entrypoint', 'pg_dump', base, '--version']);
  expect(dump.stdout).toMatch(/^pg_dump \(PostgreSQL\) 1[57]/);
});

/** Below those that the kernel gives to whoever asks for any: nobody else is given it before nginx asks. */
async function freePort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port += 1) {
    const probe = createProbe();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => probe.close(resolve));
    if (isFree) return port;
  }
}

test.each(['12', '13'])('nginx on Debian %s serves as nonroot, where it is told to', async (suite) => {
  const port = await freePort();
  const settings = `pid /tmp/nginx.pid;
error_log stderr notice;
events {}
http {
  include /etc/nginx/mime.types;
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name};`).join(' ')}
  server { listen 127.0.0.1:${port}; root /var/www/html; index index.nginx-debian.html; }
}
`;
  const base = await made('nginx', suite);
  const context = bench.files({
    'nginx.conf': settings,
    Dockerfile: `FROM ${base}\nCOPY nginx.conf /etc/nginx/nginx.conf\n`,
  });
  await bench.need(['build', context, '-t', 'web:latest']);
  const web = bench.start(['run', 'web:latest']);
  try {
    // It says so, where nobody could tell otherwise when it is ready.
    await new Promise<void>((resolve, reject) => {
      let said = '';
      web.child.stderr?.on('data', (data) => {
        said += String(data);
        if (said.includes('start worker process')) resolve();
      });
      void web.ended.then(({ stderr }) => reject(new Error(stderr)));
    });
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(await answer.text()).toContain('Welcome to nginx');
  } finally {
    web.child.kill('SIGTERM');
  }
  expect((await web.ended).stderr).toContain('exit');
});
