import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonical, familiar, parseImageName, parseReference, withDefaultTag } from './reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a reference as typed, in full and as shown', () => {
  test.each([
    ['debian', 'docker.io/library/debian', 'debian'],
    ['debian:bookworm', 'docker.io/library/debian:bookworm', 'debian:bookworm'],
    ['library/debian', 'docker.io/library/debian', 'debian'],
    ['docker.io/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['me/app', 'docker.io/me/app', 'me/app'],
    ['library/a/b', 'docker.io/library/a/b', 'library/a/b'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry:5000/app', 'registry:5000/app', 'registry:5000/app'],
    ['[::1]:5000/a/b', '[::1]:5000/a/b', '[::1]:5000/a/b'],
    ['gcr.io/distroless/static-debian12:nonroot', 'gcr.io/distroless/static-debian12:nonroot', undefined],
    ['Registry/app', 'Registry/app', 'Registry/app'],
    ['a__b/c--d/e.f_g', 'docker.io/a__b/c--d/e.f_g', undefined],
    ['docker.io/a.b/c', 'docker.io/a.b/c', 'docker.io/a.b/c'],
    [`debian@${DIGEST}`, `docker.io/library/debian@${DIGEST}`, `debian@${DIGEST}`],
    [`debian:12@${DIGEST}`, `docker.io/library/debian:12@${DIGEST}`, `debian:12@${DIGEST}`],
  ])('%s', (text, full, shown) => {
    const reference = parseReference(text);
    expect(canonical(reference)).toBe(full);
    if (shown !== undefined) expect(familiar(reference)).toBe(shown);
    expect(parseReference(full)).toEqual(reference);
    expect(parseReference(familiar(reference))).toEqual(reference);
  });
});

describe('not a reference', () => {
  test.each([
    ['', 'it is empty'],
    [':tag', 'a name is lower-case'],
    ['Debian', 'capital letters'],
    ['docker.io/Me/app', 'capital letters'],
    ['debian:', 'a tag is'],
    ['debian:-x', 'a tag is'],
    [`debian:${'x'.repeat(129)}`, 'a tag is'],
    ['debian@sha256:1234', 'its digest'],
    [`debian@${DIGEST.toUpperCase()}`, 'its digest'],
    ['a//b', 'a name is lower-case'],
    ['/a', 'a name is lower-case'],
    ['a/', 'a name is lower-case'],
    ['a..b', 'a name is lower-case'],
    ['a___b', 'a name is lower-case'],
    ['-a', 'a name is lower-case'],
    ['a b', 'a name is lower-case'],
    ['../../etc/passwd', 'is not a registry'],
    ['https://example.org/app', 'it is a URL'],
    ['-.example/app', 'is not a registry'],
    ['a'.repeat(256), 'longer than 255'],
    ['a'.repeat(2000), 'it is too long'],
    ['0123456789abcdef'.repeat(4), 'an image id, not a name'],
    ['a\nb', 'a name is lower-case'],
  ])('%j: %s', (text, why) => {
    let caught: unknown;
    try {
      parseReference(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining(why) as string,
      hint: expect.any(String) as string,
    });
  });

  test('whatever it is, the answer is a reference that reads back or REFERENCE_INVALID, and soon', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '9',
      '.',
      '_',
      '-',
      '/',
      ':',
      '@',
      'sha256:',
      '[',
      ']',
      ' ',
      'localhost',
      'docker.io',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        let reference;
        try {
          reference = parseReference(pieces.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
          return;
        }
        expect(parseReference(familiar(reference))).toEqual(reference);
        expect(parseReference(canonical(reference))).toEqual(reference);
      }),
    );
  });
});

test('latest is added where there is neither tag nor digest', () => {
  expect(familiar(withDefaultTag(parseReference('debian')))).toBe('debian:latest');
  expect(familiar(withDefaultTag(parseReference('debian:12')))).toBe('debian:12');
  expect(familiar(withDefaultTag(parseReference(`debian@${DIGEST}`)))).toBe(`debian@${DIGEST}`);
});

test('an image is named by a tag only', () => {
  expect(canonical(parseImageName('app'))).toBe('docker.io/library/app:latest');
  expect(() => parseImageName(`app@${DIGEST}`)).toThrow('not by a digest');
});
