/** The tests of `decant find`, one row each: what it takes, and the function of a file that it is. */
import { encodePath } from '../../codec/path.ts';
import { DecantError } from '../../errors.ts';
import type { Node } from '../../tree/entry.ts';
import { baseName } from '../../tree/path.ts';
import type { Test } from './find-expression.ts';
import { type ImageFiles, locate } from './image-files.ts';
import { shellPattern } from './pattern.ts';

export interface TestKind {
  readonly takes: 0 | 1;
  /** Throws USAGE at once for an argument that is none. */
  readonly make: (argument: string) => (files: ImageFiles) => Test;
}

const TYPES: Readonly<Record<string, Node['type']>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  b: 'block',
  c: 'char',
  p: 'fifo',
};
/** Bytes of find's units; without one it counts blocks of 512 bytes. */
const UNITS: Readonly<Record<string, number>> = {
  c: 1,
  w: 2,
  b: 512,
  '': 512,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

const nameOf = ({ path }: Node): string => (path === '' ? '/' : baseName(path));
const pathOf = ({ path }: Node): string => `/${path}`;

/** A link's size is that of its target's name; directories have one on disk only. */
function sizeOf(node: Node): number | undefined {
  if (node.type === 'symlink') return encodePath(node.target).length;
  return node.type === 'file' ? node.size : node.type === 'directory' ? undefined : 0;
}

export const TESTS: Readonly<Record<string, TestKind>> = {
  '-name': pattern(nameOf),
  '-iname': pattern(nameOf, true),
  '-path': pattern(pathOf),
  '-ipath': pattern(pathOf, true),
  '-lname': pattern((node) => (node.type === 'symlink' ? node.target : '\0')),
  '-type': plain(1, (text) => {
    const types = text.split(',').map((letter) => {
      const type = TYPES[letter];
      if (!type) throw usage(`-type "${text}" is not f, d, l, b, c or p`);
      return type;
    });
    return (node) => types.includes(node.type);
  }),
  '-size': plain(1, (text) => {
    const [, sign = '', digits = '', unit = ''] = /^([+-]?)(\d{1,15})([cwbkMG]?)$/.exec(text) ?? [];
    if (digits === '') throw usage(`-size "${text}" is no size: write +10M, -4k or 512c`);
    const bytes = UNITS[unit] ?? 1;
    const compare = comparison(sign, Number(digits));
    // Rounded up to whole units before it is compared, as find does.
    return (node) => {
      const size = sizeOf(node);
      return size !== undefined && compare(Math.ceil(size / bytes));
    };
  }),
  '-empty': {
    takes: 0,
    make:
      () =>
      ({ tree }) =>
      (node) =>
        node.type === 'file'
          ? node.size === 0
          : node.type === 'directory' && tree.list(node.path).length === 0,
  },
  '-perm': plain(1, (text) => {
    const [, kind = '', digits = ''] = /^([-/]?)([0-7]{1,4})$/.exec(text) ?? [];
    if (digits === '') throw usage(`-perm "${text}" is no octal mode: write 644, -4000 or /6000`);
    const wanted = parseInt(digits, 8);
    if (kind === '-') return ({ mode }) => (mode & wanted) === wanted;
    if (kind === '/') return ({ mode }) => wanted === 0 || (mode & wanted) !== 0;
    return ({ mode }) => mode === wanted;
  }),
  '-user': { takes: 1, make: (text) => (files) => userTest(files, text) },
  '-group': { takes: 1, make: (text) => (files) => groupTest(files, text) },
  '-owner': {
    takes: 1,
    make: (text) => (files) => {
      const [user = '', group] = text.split(':', 2);
      const tests = [
        ...(user === '' ? [] : [userTest(files, user)]),
        ...(group ? [groupTest(files, group)] : []),
      ];
      return (node) => tests.every((test) => test(node));
    },
  },
  '-uid': numeric('-uid', ({ uid }) => uid),
  '-gid': numeric('-gid', ({ gid }) => gid),
  '-nouser': { takes: 0, make: () => (files) => (node) => files.accounts.user(node.uid) === undefined },
  '-nogroup': { takes: 0, make: () => (files) => (node) => files.accounts.group(node.gid) === undefined },
  '-layer': {
    takes: 1,
    make: (text) => {
      const compare = numberTest('-layer', text);
      return (files) => (node) => {
        const index = files.layerOf(node);
        return index !== undefined && compare(index + 1);
      };
    },
  },
  '-newer': {
    takes: 1,
    make: (text) => (files) => {
      const { mtime } = locate(files, text);
      return (node) => node.mtime > mtime;
    },
  },
  '-newermt': plain(1, (text) => {
    const time = /^@\d{1,12}$/.test(text) ? Number(text.slice(1)) * 1000 : Date.parse(text);
    if (Number.isNaN(time)) throw usage(`-newermt "${text}" is no time: write 2024-01-31 or @1706659200`);
    return (node) => node.mtime * 1000 > time;
  }),
  '-xattr': plain(1, (text) => {
    const matches = shellPattern(text);
    return ({ xattrs = {} }) => Object.keys(xattrs).some(matches);
  }),
  '-true': plain(0, () => () => true),
  '-false': plain(0, () => () => false),
};

function plain(takes: 0 | 1, make: (argument: string) => Test): TestKind {
  return {
    takes,
    make: (argument) => {
      const test = make(argument);
      return () => test;
    },
  };
}

function pattern(of: (node: Node) => string, ignoreCase = false): TestKind {
  return plain(1, (text) => {
    const matches = shellPattern(text, ignoreCase);
    return (node) => matches(of(node));
  });
}

function numeric(name: string, of: (node: Node) => number): TestKind {
  return plain(1, (text) => {
    const compare = numberTest(name, text);
    return (node) => compare(of(node));
  });
}

function numberTest(name: string, text: string): (value: number) => boolean {
  const [, sign = '', digits = ''] = /^([+-]?)(\d{1,15})$/.exec(text) ?? [];
  if (digits === '') throw usage(`${name} "${text}" is no number: write N, +N for more or -N for less`);
  return comparison(sign, Number(digits));
}

function comparison(sign: string, wanted: number): (value: number) => boolean {
  if (sign === '+') return (value) => value > wanted;
  return sign === '-' ? (value) => value < wanted : (value) => value === wanted;
}

function userTest({ accounts, name }: ImageFiles, text: string): Test {
  const uid = accounts.uid(text) ?? numberOf(text);
  if (uid === undefined) throw usage(`${name} has no user "${text}" in its /etc/passwd`);
  return (node) => node.uid === uid;
}

function groupTest({ accounts, name }: ImageFiles, text: string): Test {
  const gid = accounts.gid(text) ?? numberOf(text);
  if (gid === undefined) throw usage(`${name} has no group "${text}" in its /etc/group`);
  return (node) => node.gid === gid;
}

function numberOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function usage(message: string): DecantError {
  return new DecantError('USAGE', message);
}
