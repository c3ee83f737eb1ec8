/**
 * The two images that cases start from, made here so that no case needs a network.
 *
 * `base` is a root file system around the statically linked busybox of this machine, without any config.
 * `dressed` has a second layer with whiteouts, and a config in which every field is set.
 */
import { readFileSync } from 'node:fs';
import { EMPTY_DIRECTORY, parseItem, sha256 } from './item.ts';
import type { Member } from './tar.ts';
import { readTar, writeTar } from './tar.ts';
import { mergeLayers, printTree } from './tree.ts';

const APPLETS =
  '[ ash basename cat chgrp chmod chown cmp cp cut date dd dirname du echo env expr false find getopt grep groups ' +
  'gunzip gzip head hostname id link ln ls md5sum mkdir mkfifo mknod mktemp mv od printenv printf ps pwd readlink ' +
  'realpath rm rmdir sed seq setpriv sh sha256sum sleep sort stat sync tail tar tee test touch tr true truncate ' +
  'uname uniq wc which whoami xargs';

const FILES: Readonly<Record<string, string>> = {
  bin: 'dir 0755',
  dev: 'dir 0755',
  etc: 'dir 0755',
  'etc/passwd':
    'file 0644 "root:x:0:0:root:/root:/bin/sh\\ndaemon:x:1:1:daemon:/:/bin/false\\nweb:x:33:33:web:/srv:/bin/sh\\napp:x:1000:1001:app:/home/app:/bin/sh\\n"',
  'etc/group':
    'file 0644 "root:x:0:\\ndaemon:x:1:\\nwheel:x:10:root,app\\nweb:x:33:\\nstaff:x:50:app,web\\nappgroup:x:1001:\\n"',
  home: 'dir 0755',
  'home/app': 'dir 0750 1000:1001',
  'home/app/.profile': 'file 0600 1000:1001 umask 077',
  proc: 'dir 0555',
  root: 'dir 0700',
  run: 'dir 0755',
  srv: 'dir 0755',
  'srv/link-to-tree': 'symlink 0777 -> tree',
  'srv/dangling': 'symlink 0777 -> nowhere/at/all',
  'srv/absolute': 'symlink 0777 -> /srv/tree/inner',
  'srv/one': 'file 0644 "one\\n"',
  'srv/hard-a': 'file 0640 33:50 "same file\\n"',
  'srv/hard-b': 'link -> srv/hard-a',
  'srv/private': 'dir 0700 33:33',
  'srv/private/key': 'file 0400 33:33 "key\\n"',
  'srv/shared': 'dir 2775 0:50',
  'srv/suid': 'file 4755 0:0 "not really a program\\n"',
  'srv/tree': 'dir 0755',
  'srv/tree/a': 'file 0644 "a\\n"',
  'srv/tree/b': 'file 0644 "b\\n"',
  'srv/tree/empty': 'dir 0755',
  'srv/tree/inner': 'dir 0755 33:33',
  'srv/tree/inner/c': 'file 0644 33:33 "c\\n"',
  'srv/tree/inner/deep': 'dir 0755',
  'srv/tree/inner/deep/d': 'file 0600 "d\\n"',
  'srv/tree/relative': 'symlink 0777 -> inner/c',
  sys: 'dir 0555',
  tmp: 'dir 1777',
  usr: 'dir 0755',
  'usr/local': 'dir 0755',
  'usr/local/bin': 'dir 0755',
  var: 'dir 0755',
  'var/run': 'symlink 0777 -> ../run',
};

const DRESSING: Readonly<Record<string, string>> = {
  srv: 'dir 0755',
  'srv/.wh.one': 'file 0000',
  'srv/.wh.private': 'file 0000',
  'srv/tree': 'dir 0755',
  'srv/tree/.wh.b': 'file 0000',
  'srv/tree/inner': 'dir 0755 33:33',
  'srv/tree/inner/.wh..wh..opq': 'file 0000',
  'srv/tree/inner/new': 'file 0644 33:33 "new\\n"',
};

export const DRESSED_CONFIG = {
  User: '1000:50',
  ExposedPorts: { '80/tcp': {}, '53/udp': {} },
  Env: ['PATH=/usr/local/bin:/bin', 'FLAVOUR=plain', 'GREETING=hello world'],
  Entrypoint: ['/bin/sh', '-c'],
  Cmd: ['echo from the base'],
  Volumes: { '/data': {} },
  WorkingDir: '/home/app',
  Labels: { 'org.example.from': 'base', shared: 'base value' },
  StopSignal: 'SIGINT',
  Healthcheck: { Test: ['CMD', '/bin/true'], Interval: 5_000_000_000, Retries: 2 },
  Shell: ['/bin/sh', '-ec'],
  OnBuild: ['RUN echo triggered >> /tmp/onbuild', 'ENV TRIGGERED=yes'],
};

export interface BaseImages {
  /** The layers' tar streams, lowest first. */
  readonly baseLayers: readonly Buffer[];
  readonly dressedLayers: readonly Buffer[];
  /** What listings are relative to. */
  readonly lines: ReadonlyMap<string, string>;
  /** Digests of contents that have a name in listings, because they are not the same on every machine. */
  readonly names: ReadonlyMap<string, string>;
}

export function makeBaseImages(busybox = '/bin/busybox'): BaseImages {
  const program = readFileSync(busybox);
  const members: Member[] = [...items(FILES)];
  members.splice(1, 0, { ...EMPTY_DIRECTORY, path: 'bin/busybox', type: 'file', content: program });
  for (const applet of APPLETS.split(' '))
    members.push({ ...parseItem('symlink 0777 -> busybox'), path: `bin/${applet}` });
  const names = new Map([[sha256(program), 'busybox']]);
  const base = writeTar(members);
  return {
    baseLayers: [base],
    dressedLayers: [base, writeTar(items(DRESSING))],
    lines: printTree(mergeLayers([readTar(base)]), names),
    names,
  };
}

/** The archive of `docker save` with one image: what every tool can load, with Docker's own config fields. */
export function dockerArchive(name: string, layers: readonly Buffer[], config: object): Buffer {
  const image = JSON.stringify(imageConfig(layers, config));
  const file = (path: string, content: Buffer): Member => ({
    ...EMPTY_DIRECTORY,
    path,
    type: 'file',
    mode: 0o644,
    content,
  });
  const manifest = [
    { Config: 'config.json', RepoTags: [name], Layers: layers.map((_, index) => `${index}.tar`) },
  ];
  return writeTar([
    ...layers.map((layer, index) => file(`${index}.tar`, layer)),
    file('config.json', Buffer.from(image)),
    file('manifest.json', Buffer.from(JSON.stringify(manifest))),
  ]);
}

export function imageConfig(layers: readonly Buffer[], config: object): object {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '2020-09-13T12:26:40Z',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
    history: layers.map((_, index) => ({ created: '2020-09-13T12:26:40Z', created_by: `layer ${index}` })),
  };
}

function items(files: Readonly<Record<string, string>>): Member[] {
  return Object.entries(files).map(([path, line]) => ({ ...parseItem(line), path }));
}
