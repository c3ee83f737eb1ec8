import { describe, expect, test } from 'vitest';
import { registryDomain } from './registry-name.ts';

describe('a registry', () => {
  test.each([
    [undefined, 'docker.io'],
    ['docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['ghcr.io', 'ghcr.io'],
    ['https://localhost:5000/', 'localhost:5000'],
    ['http://r.example/v2/', 'r.example'],
  ])('%s is %s', (text, domain) => {
    expect(registryDomain(text)).toBe(domain);
  });

  test.each(['', 'user', 'ghcr.io/team', 'a b', 'me:secret@r.example'])('%j is none', (text) => {
    expect(() => registryDomain(text)).toThrow(/is not the name of a registry/);
  });
});
