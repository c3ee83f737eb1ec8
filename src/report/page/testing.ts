/** Images for tests of the page: a fat one and its poured twin, small, and one of as many files as a test wants. */
import type { PageData, PageFile, PageImage } from './data.ts';

const CONFIG = {
  user: '',
  entrypoint: ['/app/calculator'],
  command: [],
  workingDirectory: '/app',
  ports: [],
  volumes: [],
  variables: ['PATH'],
};

const KB = 1000;

export function testImage(image: Partial<PageImage> = {}): PageImage {
  const files = image.files ?? [{ path: 'app/calculator', size: 1300 * KB, layer: 0, isHidden: false }];
  return {
    name: 'calculator:single',
    digest: `sha256:${'0'.repeat(64)}`,
    platform: 'linux/amd64',
    packedSize: Math.round(files.reduce((sum, { size }) => sum + size, 0) / 3),
    unpackedSize: files.reduce((sum, { size }) => sum + size, 0),
    config: CONFIG,
    layers: [
      { digest: `sha256:${'1'.repeat(64)}`, packedSize: 400, unpackedSize: 1300, createdBy: 'COPY . .' },
    ],
    packages: [],
    ...image,
    files,
  };
}

/** A compiler and a distribution around a program, and the program alone. */
export function testData(): PageData {
  const file = (path: string, size: number, layer: number, more: Partial<PageFile> = {}): PageFile => ({
    path,
    size: size * KB,
    layer,
    isHidden: false,
    ...more,
  });
  const single = testImage({
    packages: [
      { type: 'deb', name: 'bash', version: '5.2.15-2' },
      { type: 'deb', name: 'golang-1.19-go', version: '1.19.8-2' },
    ],
    files: [
      file('usr/bin/bash', 1265, 0, { owner: 0 }),
      file('usr/share/doc/bash/changelog.gz', 12, 0, { owner: 0 }),
      file('var/cache/apt/old.bin', 9000, 0, { isHidden: true }),
      file('usr/lib/go-1.19/bin/go', 12_000, 1, { owner: 1 }),
      file('usr/lib/go-1.19/pkg/linux_amd64/net.a', 40_000, 1, { owner: 1 }),
      file('usr/lib/go-1.19/pkg/linux_amd64/crypto.a', 22_000, 1, { owner: 1 }),
      file('app/calculator', 1300, 2),
    ],
    layers: [
      { digest: `sha256:${'1'.repeat(64)}`, packedSize: 3_000_000, unpackedSize: 10_277_000, createdBy: '' },
      {
        digest: `sha256:${'2'.repeat(64)}`,
        packedSize: 24_000_000,
        unpackedSize: 74_000_000,
        createdBy: 'RUN apt-get update && apt-get install -y golang',
      },
      {
        digest: `sha256:${'3'.repeat(64)}`,
        packedSize: 600_000,
        unpackedSize: 1_300_000,
        createdBy: 'RUN go build -o calculator .',
      },
    ],
    surface: {
      score: 9.7,
      grade: 'F',
      points: 13,
      findings: [
        { kind: 'Shell', level: 'warning', points: 8, place: '/usr/bin/bash', detail: 'runs commands' },
        {
          kind: 'Compiler',
          level: 'warning',
          points: 5,
          place: '/usr/lib/go-1.19/bin/go',
          detail: 'makes programs',
        },
        {
          kind: 'Executable',
          level: 'note',
          points: 0,
          place: '/app/calculator',
          detail: 'a program',
          neededBy: 'it is what the image starts',
        },
      ],
    },
  });
  const poured = testImage({
    name: 'calculator:poured',
    config: { ...CONFIG, user: '65532:65532' },
    files: [file('calculator', 1300, 0)],
    layers: [
      {
        digest: `sha256:${'4'.repeat(64)}`,
        packedSize: 600_000,
        unpackedSize: 1_300_000,
        createdBy: 'COPY --from=build /app/calculator /calculator',
      },
    ],
    surface: { score: 100, grade: 'A', points: 0, findings: [] },
    build: {
      id: '0m1-aaaa',
      milliseconds: 34_000,
      steps: [
        {
          number: 1,
          stage: 'build',
          text: 'FROM debian:bookworm',
          status: 'done',
          startedAt: 0,
          milliseconds: 10,
        },
        {
          number: 2,
          stage: 'build',
          text: 'RUN apt-get update && apt-get install -y golang',
          status: 'done',
          startedAt: 20,
          milliseconds: 28_000,
        },
        { number: 3, stage: 'build', text: 'COPY . .', status: 'cached', milliseconds: 0 },
        {
          number: 4,
          stage: '1',
          text: 'COPY --from=build /app/calculator /calculator',
          status: 'done',
          startedAt: 33_000,
          milliseconds: 90,
        },
      ],
      stages: [
        {
          name: 'build',
          isTarget: false,
          base: 'debian:bookworm',
          size: 85_577_000,
          poured: [{ from: '', kind: 'context', paths: ['.'], size: 9_000 }],
        },
        {
          name: '1',
          isTarget: true,
          base: 'scratch',
          size: 1_300_000,
          poured: [{ from: 'build', kind: 'stage', paths: ['/app/calculator'], size: 1_300_000 }],
        },
      ],
    },
  });
  return { version: '0.1.0', images: [single, poured] };
}

/** As a large distribution has them: folders in folders, many small files and few large ones. The same each time. */
export function manyFiles(count: number): readonly PageFile[] {
  return Array.from({ length: count }, (_, index) => {
    const folder = `usr/${['lib', 'share', 'include', 'libexec'][index % 4]}/d${index % 97}/e${(index % 1009) % 13}`;
    const size = Math.round(200 + 4_000_000 / (1 + ((index * 7919) % count)));
    return { path: `${folder}/file-${index}`, size, layer: index % 3, isHidden: index % 50 === 0 };
  });
}
