import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readYaml } from '../yaml/reader.ts';
import { decodeConfig, findConfig } from './config.ts';

const decode = (text: string): unknown => decodeConfig({ text, file: '/project/decant.yaml' }, readYaml);

describe('keys', () => {
  test('name mirrors and keyrings of each distribution, and where bases come from', () => {
    const text = [
      'debian:',
      '  mirror: https://mirror.example/debian',
      '  security-mirror: https://mirror.example/debian-security',
      '  keyring: keys/own.gpg',
      'ubuntu: { mirror: "https://mirror.example/ubuntu" }',
      'bases: compose',
    ].join('\n');
    expect(decode(text)).toEqual({
      file: '/project/decant.yaml',
      debian: {
        mirror: 'https://mirror.example/debian',
        securityMirror: 'https://mirror.example/debian-security',
        keyring: '/project/keys/own.gpg',
      },
      ubuntu: { mirror: 'https://mirror.example/ubuntu', securityMirror: undefined, keyring: undefined },
      bases: 'compose',
    });
  });

  test('are all optional', () => {
    expect(decode('debian:\n')).toEqual({
      file: '/project/decant.yaml',
      debian: undefined,
      ubuntu: undefined,
      bases: undefined,
    });
  });

  test.each([
    ['mirrors: {}', 1, /no key "mirrors"/],
    ['debian:\n  mirror: [a]', 2, /"mirror" is a text/],
    ['bases: docker', 1, /"bases" cannot be "docker"/],
  ])('that are wrong are shown where they stand: %s', (text, line, message) => {
    expect(() => decode(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
        place: expect.objectContaining({ file: '/project/decant.yaml', start: line }),
      }),
    );
  });
});

describe('the file is found', () => {
  let root = '';
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'config-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const place = (...paths: readonly string[]): void => {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '{}');
    }
  };
  const found = (folder: string): string | undefined => {
    mkdirSync(join(root, folder), { recursive: true });
    return findConfig(join(root, folder))?.file.slice(root.length + 1);
  };

  test('in the folder itself', () => {
    place('a/decant.yaml');
    expect(found('a')).toBe('a/decant.yaml');
  });

  test('above it, up to the root of the work tree, the nearest first', () => {
    place('decant.yaml', 'project/.git/HEAD', 'project/decant.yaml', 'project/a/decant.yaml');
    expect(found('project/b/c')).toBe('project/decant.yaml');
    expect(found('project/a/d')).toBe('project/a/decant.yaml');
  });

  test('not above the work tree, and not above a folder that is in none', () => {
    place('decant.yaml', 'project/.git/HEAD');
    expect(found('project/a')).toBeUndefined();
    expect(found('elsewhere')).toBeUndefined();
  });
});
