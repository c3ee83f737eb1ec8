import { expect, test } from 'vitest';
import { parseGitReference } from './git-reference.ts';

test.each([
  ['https://example.com/a/b.git', { remote: 'https://example.com/a/b.git', directory: '' }],
  ['https://u:p@example.com/b.git', { remote: 'https://u:p@example.com/b.git', directory: '' }],
  ['http://example.com/b.git#v1.0', { remote: 'http://example.com/b.git', ref: 'v1.0', directory: '' }],
  ['https://example.com/b.git#:/x//y/../z/', { remote: 'https://example.com/b.git', directory: 'x/z' }],
  ['https://example.com/b.git#r/s:d', { remote: 'https://example.com/b.git', ref: 'r/s', directory: 'd' }],
  ['git@example.com:a/b', { remote: 'git@example.com:a/b', directory: '' }],
  ['git@example.com:a/b.git#main:../x', { remote: 'git@example.com:a/b.git', ref: 'main', directory: 'x' }],
  ['ssh://git@example.com:22/b#x', { remote: 'ssh://git@example.com:22/b', ref: 'x', directory: '' }],
  ['git://example.com/b', { remote: 'git://example.com/b', directory: '' }],
  ['file:///srv/b.git#x', { remote: 'file:///srv/b.git', ref: 'x', directory: '' }],
  ['https://e.com/b.git?branch=x', { remote: 'https://e.com/b.git', ref: 'refs/heads/x', directory: '' }],
  [
    'https://e.com/b.git?tag=v1&subdir=d',
    { remote: 'https://e.com/b.git', ref: 'refs/tags/v1', directory: 'd' },
  ],
  [
    'https://e.com/b.git?ref=x&commit=abc&keep-git-dir&submodules=false&mtime=commit',
    {
      remote: 'https://e.com/b.git',
      ref: 'x',
      directory: '',
      checksum: 'abc',
      keepGitDir: true,
      submodules: false,
      commitTimes: true,
    },
  ],
])('%s', (text, expected) => {
  expect(parseGitReference(text)).toEqual(expected);
});

test.each([
  'a/b',
  './a.git',
  '/x/b.git',
  'https://example.com/b',
  'https://e.com/b.git.zip',
  'oci-layout://a',
  'C:/x',
])('%s is none', (text) => {
  expect(parseGitReference(text)).toBeUndefined();
});

test.each([
  ['https://e.com/b.git?ref=a&ref=b', 'multiple values'],
  ['https://e.com/b.git?what=a', 'unexpected query "what"'],
  ['https://e.com/b.git?tag=', 'has no value'],
  ['https://e.com/b.git?tag=a&branch=b', 'branch conflicts with tag'],
  ['https://e.com/b.git?ref=a#b', 'ref conflicts: "b" vs "a"'],
  ['https://e.com/b.git?subdir=a#:b', 'subdir conflicts'],
  ['https://e.com/b.git?submodules=maybe', 'invalid submodules value'],
  ['https://e.com/b.git?mtime=now', 'invalid mtime value'],
  ['https://e.com/b.git#--upload-pack=x', 'is not a reference'],
  ['ssh://-oProxyCommand=x/b', 'is not a reference'],
  ['https://e.com/b.git#a b', 'is not a reference'],
])('%s is refused: %s', (text, message) => {
  expect(() => parseGitReference(text)).toThrow(message);
});
