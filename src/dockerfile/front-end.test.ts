import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { foreignFrontEnd, ofForeignFrontEnd } from './front-end.ts';

describe('front ends', () => {
  test.each([
    ['# syntax=docker/dockerfile:1\nFROM a', undefined],
    ['# syntax=docker/dockerfile-upstream:master-labs\nFROM a', undefined],
    ['# syntax=mirror.example:5000/hub/docker/dockerfile:1.4@sha256:0\nFROM a', undefined],
    ['# syntax=dockerfile.v0\nFROM a', undefined],
    ['FROM a', undefined],
    ['# syntax=devthefuture/dockerfile-x\nFROM a', 'devthefuture/dockerfile-x'],
    ['#!/bin/x\n#syntax=example.org/other:1\n', 'example.org/other:1'],
  ])('%j asks for another one: %s', (source, expected) => {
    expect(foreignFrontEnd(source)).toBe(expected);
  });

  test('a build argument comes before the file', () => {
    expect(foreignFrontEnd('# syntax=docker/dockerfile\n', 'other/x')).toBe('other/x');
  });

  test('errors of such files say so', () => {
    const error = new DecantError('DOCKERFILE_SYNTAX', 'no', { hint: 'did you mean RUN?' });
    expect(ofForeignFrontEnd(error, undefined)).toBe(error);
    expect(ofForeignFrontEnd(error, 'other/x')).toMatchObject({
      message: 'no',
      hint: expect.stringContaining('front end other/x') as string,
    });
  });
});
