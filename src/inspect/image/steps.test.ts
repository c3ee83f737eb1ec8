import { describe, expect, test } from 'vitest';
import type { HistoryEntry } from '../../oci/config.ts';
import { instructionOf, stepsOf } from './steps.ts';

describe('a line of history becomes the instruction', () => {
  test.each([
    // BuildKit
    ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
    ['RUN |2 VERSION=1 NAME=a b /bin/sh -c make # buildkit', 'RUN make'],
    ['RUN |1 VERSION=1 /app/tool --check # buildkit', 'RUN /app/tool --check'],
    ['RUN /app/tool --check # buildkit', 'RUN /app/tool --check'],
    ['COPY . /app # buildkit', 'COPY . /app'],
    ['WORKDIR /app', 'WORKDIR /app'],
    ['CMD ["/app"]', 'CMD ["/app"]'],
    ['ENV A=1 B=2', 'ENV A=1 B=2'],
    // the classic builder
    ['/bin/sh -c #(nop) ADD file:0b1c in / ', 'ADD file:0b1c in /'],
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['/bin/sh -c #(nop) COPY dir:1a in /srv ', 'COPY dir:1a in /srv'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['|1 VERSION=1 /bin/sh -c make', 'RUN make'],
    ['cmd /S /C #(nop) WORKDIR C:\\app', 'WORKDIR C:\\app'],
    // buildah
    ['/bin/sh -c #(nop) LABEL "io.buildah.version"="1.28.2"', 'LABEL "io.buildah.version"="1.28.2"'],
    ['|2 A=1 B=2 /bin/sh -c apk add curl', 'RUN apk add curl'],
    // Kaniko
    ['RUN apt-get update', 'RUN apt-get update'],
    // others, which have no Dockerfile
    ['bazel build //app:image', 'bazel build //app:image'],
    ['decant base build static', 'decant base build static'],
    ['jib-maven-plugin:3.4.1', 'jib-maven-plugin:3.4.1'],
    ['bash', 'bash'],
    ['', ''],
  ])('%s', (createdBy, instruction) => {
    expect(instructionOf({ created_by: createdBy })).toBe(instruction);
  });

  test('with the shell that SHELL named', () => {
    const entry = { created_by: 'RUN /bin/bash -o pipefail -c curl x | sh # buildkit' };
    expect(instructionOf(entry, ['/bin/bash', '-o', 'pipefail', '-c'])).toBe('RUN curl x | sh');
    expect(instructionOf(entry)).toBe('RUN /bin/bash -o pipefail -c curl x | sh');
  });

  test('a word of a command is no instruction', () => {
    expect(instructionOf({ created_by: 'RUNNER x' })).toBe('RUNNER x');
  });
});

describe('each layer has the line that made it', () => {
  const config = (layers: number, history?: readonly HistoryEntry[]) => ({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers' as const, diff_ids: Array.from({ length: layers }, (_, n) => `sha256:${n}`) },
    ...(history && { history }),
  });
  const layersOf = (...args: Parameters<typeof config>): unknown =>
    stepsOf(config(...args)).map(({ instruction, layer }) => [instruction, layer]);
  const history = [
    { created_by: 'ADD rootfs /' },
    { created_by: 'ENV A=1', empty_layer: true },
    { created_by: 'RUN /bin/sh -c make # buildkit' },
  ];

  test('empty ones are skipped', () => {
    expect(layersOf(2, history)).toEqual([
      ['ADD rootfs /', 0],
      ['ENV A=1', undefined],
      ['RUN make', 1],
    ]);
  });

  test.each([1, 3])('but not by guessing: %i layers and two lines', (layers) => {
    expect(layersOf(layers, history)).toEqual([
      ['ADD rootfs /', undefined],
      ['ENV A=1', undefined],
      ['RUN make', undefined],
    ]);
  });

  test('an image may have none', () => {
    expect(layersOf(2)).toEqual([]);
  });
});
