import { describe, expect, test } from 'vitest';
import { cacheName, parseCacheFrom, parseCacheTo } from './cache-spec.ts';

describe('--cache-to', () => {
  test.each([
    ['localhost:5000/app:cache', 'localhost:5000/app:cache', 'min'],
    ['type=registry,ref=app', 'app:latest', 'min'],
    ['type=registry,ref=app:1,mode=max,image-manifest=true,oci-mediatypes=true', 'app:1', 'max'],
    ['type=local,dest=/cache,mode=max', '/cache', 'max'],
  ])('%s', (text, name, mode) => {
    const { to } = parseCacheTo(text);
    expect(to?.location && cacheName(to.location)).toBe(name);
    expect(to?.mode).toBe(mode);
  });

  test('type=inline goes with the image', () => {
    expect(parseCacheTo('type=inline').to).toEqual({ mode: 'min', ignoreError: false });
  });

  test.each(['type=gha', 'type=s3,bucket=x', 'type=azblob,name=x'])('%s is answered', (text) => {
    expect(parseCacheTo(text)).toEqual({ answer: expect.stringContaining('is not used') });
  });

  test.each([
    ['type=registry,ref=app,image-manifest=false', 'image-manifest=false is not used'],
    [
      'type=registry,ref=app,compression=zstd,compression-level=3',
      'compression=zstd, compression-level=3 is not used',
    ],
    ['type=local,dest=/cache,oci-mediatypes=false', 'oci-mediatypes=false is not used'],
    ['type=inline,mode=max', 'mode=max needs type=registry'],
  ])('%s is done, and answered: %s', (text, message) => {
    const { to, answer } = parseCacheTo(text);
    expect(to?.mode).toBe('min');
    expect(answer).toContain(message);
  });

  test('type=local,reset=true is what is always done', () => {
    expect(parseCacheTo('type=local,dest=/cache,reset=true').answer).toBeUndefined();
  });

  test.each([
    ['', 'it is empty'],
    ['ref=app', 'it has no type'],
    ['type=registry', 'it needs ref='],
    ['type=local,ref=app', '"ref" is not known for type=local'],
    ['type=registry,ref=App', 'App'],
  ])('%j is wrong: %s', (text, message) => {
    expect(() => parseCacheTo(text)).toThrow(message);
  });
});

describe('--cache-from', () => {
  test.each([
    ['app', 'app:latest'],
    [`type=registry,ref=app@sha256:${'1'.repeat(64)}`, `app@sha256:${'1'.repeat(64)}`],
    ['type=local,src=/cache,tag=main', '/cache'],
  ])('%s', (text, name) => {
    const { from } = parseCacheFrom(text);
    expect(from && cacheName(from)).toBe(name);
  });

  test.each([
    ['type=inline', 'type=registry,ref=NAME'],
    ['type=local', 'it needs src='],
    ['type=registry,ref=app,mode=max', '"mode" is not known'],
  ])('%j is wrong: %s', (text, message) => {
    expect(() => parseCacheFrom(text)).toThrow(message);
  });
});
