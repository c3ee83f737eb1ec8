import { expect, test } from 'vitest';
import { aptSources } from './apt-sources.ts';

const SOURCES = [
  { uri: 'http://user:secret@mirror.example/debian', suite: 'bookworm', components: ['main', 'contrib'] },
  { uri: 'file:///srv/debian', suite: 'local', components: ['main'] },
];

test('are those that the system was made of, without passwords and without folders of this machine', () => {
  expect(aptSources(SOURCES)).toBe(
    [
      'Types: deb',
      'URIs: http://mirror.example/debian',
      'Suites: bookworm',
      'Components: main contrib',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
    ].join('\n'),
  );
});

test('may all be at another address, and signed by other keys', () => {
  const options = { mirror: 'https://archive.example/ubuntu', signedBy: '/usr/share/keyrings/other.gpg' };
  expect(
    aptSources(SOURCES, options)
      .split('\n')
      .filter((line) => /^(?:URIs|Suites|Signed)/.test(line)),
  ).toEqual([
    'URIs: https://archive.example/ubuntu',
    'Suites: bookworm',
    'Signed-By: /usr/share/keyrings/other.gpg',
    'URIs: https://archive.example/ubuntu',
    'Suites: local',
    'Signed-By: /usr/share/keyrings/other.gpg',
  ]);
});
