/** How places where images rest are written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLocation, parseLocation } from './location.ts';

describe('a place is', () => {
  test.each([
    ['debian', 'docker://debian:latest'],
    ['docker://debian:12', 'docker://debian:12'],
    ['localhost:5000/a/b', 'docker://localhost:5000/a/b:latest'],
    ['docker://store:1', 'docker://store:1'],
    ['store:app', 'store:app'],
    ['store:5ed4b130de51', 'store:5ed4b130de51'],
    ['oci:dir', 'oci:dir'],
    ['oci:dir:1', 'oci:dir:1'],
    ['oci:/a/dir:localhost:5000/app:1', 'oci:/a/dir:localhost:5000/app:1'],
    ['oci-archive:a.tar:v1', 'oci-archive:a.tar:v1'],
    ['docker-archive:a.tar', 'docker-archive:a.tar'],
    ['docker-archive:a.tar:app', 'docker-archive:a.tar:app:latest'],
    ['docker-daemon:app', 'docker-daemon:app:latest'],
    ['docker-daemon:sha256:5ed4b130de51', 'docker-daemon:sha256:5ed4b130de51'],
  ])('%s', (text, full) => {
    expect(formatLocation(parseLocation(text))).toBe(full);
  });
});

describe('no place is', () => {
  test.each([
    ['', 'REFERENCE_INVALID'],
    ['dir:somewhere', 'USAGE'],
    ['containers-storage:app', 'USAGE'],
    ['docker:app', 'USAGE'],
    ['store:', 'USAGE'],
    ['oci:', 'USAGE'],
    ['oci-archive::1', 'USAGE'],
    ['docker-daemon:', 'USAGE'],
    ['docker-daemon:UPPER', 'REFERENCE_INVALID'],
    ['https://example.com/app', 'REFERENCE_INVALID'],
  ])('"%s"', (text, code) => {
    expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code }));
  });
});

test('what is written for a place is read as the same place', () => {
  const path = fc.stringMatching(/^[a-z./][a-zA-Z0-9_./ -]{0,20}$/);
  const tag = fc.option(fc.stringMatching(/^[a-z0-9]{1,10}$/), { nil: undefined });
  fc.assert(
    fc.property(
      fc.constantFrom('oci', 'oci-archive', 'docker-archive'),
      path,
      tag,
      (transport, file, name) => {
        const location = parseLocation(`${transport}:${file}${name === undefined ? '' : `:${name}`}`);
        expect(parseLocation(formatLocation(location))).toEqual(location);
      },
    ),
  );
});
