import { describe, expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import type { BaseKnowledge } from './base.ts';
import { checkDockerfile } from './check.ts';

/** An image of the test: with a shell, apt and the user `app`. */
const STORED: BaseKnowledge = {
  env: [],
  user: 'app',
  inside: () => Promise.resolve({ hasProgram: (path) => path === '/bin/sh', packageManager: 'apt' }),
  accounts: () => Promise.resolve({ users: new Set(['root', 'app']), groups: new Set(['root', 'app']) }),
};

async function check(source: string, buildArguments: Readonly<Record<string, string>> = {}) {
  const platform = parsePlatform('linux/amd64');
  const { findings, error } = await checkDockerfile({
    source,
    file: 'Dockerfile',
    buildArguments: new Map(Object.entries(buildArguments)),
    platform,
    buildPlatform: platform,
    rules: 'all',
    findBase: (name) => Promise.resolve(name === 'stored:1' ? STORED : undefined),
  });
  if (error) throw error;
  return findings.filter(({ rule }) => rule.origin === 'decant');
}

/** `line rule` of each finding of one rule. */
async function linesOf(rule: string, source: string): Promise<readonly number[]> {
  return (await check(source)).filter((each) => each.rule.name === rule).map(({ lines }) => lines.start);
}

const DISTROLESS = 'gcr.io/distroless/static-debian12';

describe.each<[rule: string, cases: readonly (readonly [text: string, lines: readonly number[]])[]]>([
  [
    'ShellMissing',
    [
      ['FROM scratch\nCMD app', [2]],
      ['FROM scratch\nCMD ["app"]', []],
      ['FROM scratch\nENTRYPOINT app\nHEALTHCHECK CMD app ok', [2, 3]],
      ['FROM scratch\nHEALTHCHECK NONE', []],
      ['FROM scratch\nRUN echo', [2]],
      ['FROM scratch\nRUN ["/app"]\nCMD x', []],
      ['FROM scratch\nRUN <<EOF\n#!/app\nEOF', []],
      [`FROM ${DISTROLESS}\nRUN echo\nRUN echo`, [2, 3]],
      [`FROM ${DISTROLESS}:debug\nCMD x`, []],
      ['FROM alpine:3\nCMD x', []],
      ['FROM unknown:1\nCMD x', []],
      ['FROM stored:1\nCMD x', []],
      ['FROM stored:1\nSHELL ["/bin/bash", "-c"]\nCMD x', [3]],
      ['FROM scratch AS a\nFROM a\nCMD x', [3]],
      ['FROM scratch\nCOPY app /\nCMD app', [3]],
      ['FROM scratch\nCOPY --from=b:1 /bin/sh /bin/sh\nCMD app', []],
      ['FROM scratch\nCOPY --from=b:1 /rootfs /\nCMD app', []],
      ['FROM scratch\nCOPY --from=b:1 / /\nCMD app', []],
      ['FROM scratch\nADD rootfs.tar.gz /\nCMD app', []],
      ['FROM scratch\nCOPY app /usr/bin/app\nCMD app', [3]],
      ['FROM scratch\nCOPY busybox /bin/\nCMD app', []],
      ['FROM scratch\nARG where\nCOPY x $where\nCMD app', []],
      ['FROM scratch\n# check=skip=ShellMissing\nCMD app', []],
      ['# check=skip=ShellMissing\nFROM scratch\nCMD app', []],
    ],
  ],
  [
    'UserMissing',
    [
      ['FROM scratch\nUSER app', [2]],
      ['FROM scratch\nUSER 65532', []],
      ['FROM scratch\nUSER root:root', []],
      ['FROM scratch\nUSER 1:staff', [2]],
      ['FROM scratch\nCOPY --chown=app:app x /x', [2, 2]],
      ['FROM scratch\nCOPY --from=a:1 /etc/passwd /etc/passwd\nUSER app', []],
      ['FROM scratch\nCOPY --from=a:1 /etc/passwd /etc/\nUSER app', []],
      ['FROM scratch\nCOPY app.conf /etc/\nUSER app', [3]],
      [`FROM ${DISTROLESS}\nUSER nonroot`, []],
      [`FROM ${DISTROLESS}\nUSER app`, [2]],
      ['FROM stored:1\nUSER app', []],
      ['FROM stored:1\nUSER other', [2]],
      ['FROM stored:1\nRUN adduser other\nUSER other', []],
      ['FROM unknown:1\nUSER other', []],
      ['FROM scratch\nARG U\nUSER $U', []],
      ['FROM scratch\nARG U=me\nUSER $U', [3]],
    ],
  ],
  [
    'CompilerShipped',
    [
      ['FROM golang:1.24\nRUN go build', [1]],
      ['FROM golang:1.24 AS b\nFROM scratch\nCOPY --from=b /a /', []],
      ['FROM golang:1.24 AS b\nFROM b', [2]],
      ['FROM node:22', [1]],
      ['FROM node:22-slim', []],
      ['FROM eclipse-temurin:21-jre', []],
      ['FROM eclipse-temurin:21', [1]],
      ['FROM debian:12\nRUN apt-get update && apt-get install -y gcc make', [2]],
      ['FROM debian:12\nRUN apt-get install -y gcc && make && apt-get purge -y gcc', []],
      ['FROM alpine:3\nRUN apk add --no-cache build-base', [2]],
      ['FROM alpine:3\nRUN apk add --virtual .build build-base && make && apk del .build', []],
      ['FROM debian:12 AS b\nRUN apt-get install gcc\nFROM scratch', []],
      ['FROM debian:12\nRUN apt-get install openjdk-17-jdk-headless', [2]],
      ['FROM debian:12\nRUN apt-get install openjdk-17-jre', []],
    ],
  ],
  [
    'PackageManagerShipped',
    [
      ['FROM debian:12', [1]],
      ['FROM golang:1', []],
      ['FROM scratch', []],
      ['FROM stored:1', [1]],
      ['FROM debian:12 AS a\nFROM scratch', []],
    ],
  ],
  [
    'SourceTreeShipped',
    [
      ['FROM scratch\nCOPY . /app', [2]],
      ['FROM scratch\nCOPY ./ /app', [2]],
      ['FROM scratch\nADD . /app', [2]],
      ['FROM scratch\nCOPY src /app', []],
      ['FROM alpine:3 AS a\nCOPY . .\nFROM scratch\nCOPY --from=a . /', []],
      ['FROM alpine:3 AS a\nCOPY . .\nFROM a', [2]],
      ['FROM scratch\nCOPY --exclude=.git . /app', []],
    ],
  ],
  [
    'UnpinnedBase',
    [
      ['FROM alpine', [1]],
      ['FROM alpine:latest', [1]],
      ['FROM alpine:3.22', []],
      [`FROM alpine@sha256:${'a'.repeat(64)}`, []],
      ['FROM scratch', []],
      ['FROM alpine:3 AS a\nFROM a', []],
      ['ARG V=latest\nFROM alpine:$V', [2]],
      ['FROM scratch\nCOPY --from=nginx:latest /a /', [2]],
      ['FROM scratch\nCOPY --from=context /a /', []],
      ['FROM host.example:5000/a/b', [1]],
    ],
  ],
  [
    'SecretValue',
    [
      ['FROM scratch\nENV K=AKIAABCDEFGHIJKLMNOP', [2]],
      ['FROM a:1\nRUN git clone https://me:hunter2@example.org/x', [2]],
      ['FROM a:1\nRUN git clone https://me:$TOKEN@example.org/x', []],
      ['FROM a:1\nRUN git clone https://example.org:8080/x@1', []],
      [`FROM a:1\nARG T=ghp_${'a'.repeat(36)}`, [2]],
      ['FROM a:1\nCOPY <<K /k\n-----BEGIN RSA PRIVATE KEY-----\nK', [2]],
    ],
  ],
  [
    'AptListsShipped',
    [
      ['FROM debian:12\nRUN apt-get update && apt-get install -y x', [2]],
      ['FROM debian:12\nRUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*', []],
      [
        'FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y x',
        [],
      ],
      ['FROM debian:12 AS a\nRUN apt-get update && apt-get install x\nFROM scratch', []],
      ['FROM debian:12\nRUN <<E\napt-get update\napt-get install x\nE', [2]],
      ['FROM debian:12\nRUN <<E\napt-get update\napt-get install x\nrm -rf /var/lib/apt/lists/*\nE', []],
    ],
  ],
  [
    'AptUpdateApart',
    [
      ['FROM debian:12\nRUN apt-get update\nRUN apt-get install x', [2]],
      ['FROM debian:12\nRUN apt-get -qq update && apt-get -y install x', []],
      ['FROM debian:12\nRUN apt-get update && apt-get upgrade -y', []],
      ['FROM debian:12\nRUN echo apt-get update', []],
    ],
  ],
  [
    'AptRecommends',
    [
      ['FROM debian:12\nRUN apt-get install -y x', [2]],
      ['FROM debian:12\nRUN apt-get install -y --no-install-recommends x', []],
      ['FROM debian:12\nRUN apt-get install -o APT::Install-Recommends=false x', []],
    ],
  ],
  [
    'PackageCacheShipped',
    [
      ['FROM a:1\nRUN pip install flask', [2]],
      ['FROM a:1\nRUN pip install --no-cache-dir flask', []],
      ['FROM a:1\nENV PIP_NO_CACHE_DIR=1\nRUN pip3 install flask', []],
      ['FROM a:1\nRUN --mount=type=cache,target=/root/.cache pip install flask', []],
      ['FROM a:1\nRUN npm ci', [2]],
      ['FROM a:1\nRUN npm ci && npm cache clean --force', []],
      ['FROM a:1\nRUN npm run build', []],
      ['FROM a:1\nRUN apk add curl', [2]],
      ['FROM a:1\nRUN apk add --no-cache curl', []],
      ['FROM a:1\nRUN dnf install -y x', [2]],
      ['FROM a:1\nRUN dnf install -y x && dnf clean all', []],
      ['FROM a:1 AS b\nRUN npm ci\nFROM scratch', []],
    ],
  ],
  [
    'RootUser',
    [
      ['FROM scratch', [1]],
      ['FROM scratch\nUSER 1000', []],
      ['FROM scratch\nUSER 1000\nUSER root', [3]],
      ['FROM scratch\nUSER 0:0', [2]],
      ['FROM stored:1', []],
      ['FROM unknown:1', []],
      [`FROM ${DISTROLESS}:nonroot`, []],
      ['FROM scratch AS a\nUSER 5\nFROM a', []],
    ],
  ],
  [
    'AddInsteadOfCopy',
    [
      ['FROM a:1\nADD x /x', [2]],
      ['FROM a:1\nADD x.tar.gz /x', []],
      ['FROM a:1\nADD *.conf /x/', []],
      ['FROM a:1\nADD https://example.org/x /x', []],
      ['FROM a:1\nADD --unpack x /x', []],
      ['FROM a:1\nADD <<E /x\nE', [2]],
    ],
  ],
  [
    'UnpinnedUrl',
    [
      ['FROM a:1\nADD https://example.org/x /x', [2]],
      [`FROM a:1\nADD --checksum=sha256:${'a'.repeat(64)} https://example.org/x /x`, []],
      ['FROM a:1\nADD https://example.org/x.git#v1 /x', []],
    ],
  ],
])('%s', (rule, cases) => {
  test.each(cases)('%j is found in lines %j', async (source, lines) => {
    expect(await linesOf(rule, source)).toEqual(lines);
  });
});

test('an image that holds the application and nothing else has no findings', async () => {
  const source = `FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN go build -o /app
FROM ${DISTROLESS}:nonroot
COPY --from=build /app /app
ENTRYPOINT ["/app"]
`;
  expect((await check(source)).map(({ message }) => message)).toEqual([]);
});
