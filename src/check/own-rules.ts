/** decant's own rules: for images that are to hold the application and nothing else, and to work. */
import type { Level, Rule } from '../dockerfile/lint/rule.ts';

function rule(
  name: string,
  level: Level,
  description: string,
  texts: Pick<Rule, 'reason' | 'fix' | 'example'>,
): Rule {
  return { name, level, origin: 'decant', description, ...texts };
}

export const OWN_RULES = {
  ShellMissing: rule('ShellMissing', 'error', 'The shell form needs a shell, and the stage has none', {
    reason:
      'RUN, CMD, ENTRYPOINT and HEALTHCHECK without a JSON array are run by a shell. On scratch and on distroless bases there is none, so the step fails or the container does not start.',
    fix: 'Write a JSON array: ENTRYPOINT ["/app", "serve"]. What needs a shell is done in an earlier stage.',
    example: 'FROM scratch\nENTRYPOINT /app serve',
  }),
  UserMissing: rule('UserMissing', 'error', 'A user or group is named that the stage does not have', {
    reason:
      'Names are looked up in /etc/passwd and /etc/group of the stage. Where they are not there, RUN fails, the container does not start, and files go to root instead (on scratch the step fails).',
    fix: 'Give numbers, such as USER 65532:65532, or copy an /etc/passwd that has the name.',
    example: 'FROM scratch\nCOPY --chown=app app /app\nUSER app',
  }),
  CompilerShipped: rule('CompilerShipped', 'warning', 'The final stage has a compiler', {
    reason:
      'Hundreds of megabytes that the application does not use, and the first thing that an intruder looks for.',
    fix: 'Build in a stage of its own, and COPY --from=build what is to be shipped into scratch, a distroless base or a slim one.',
    example: 'FROM golang:1.24\nCOPY . .\nRUN go build -o /app',
  }),
  PackageManagerShipped: rule('PackageManagerShipped', 'note', 'The final stage has a package manager', {
    reason:
      'With it come a shell and a distribution that the application may not need, and their vulnerabilities.',
    fix: 'Ship on scratch, or on a distroless base; `decant base ls` lists those that can be composed.',
    example: 'FROM debian:bookworm-slim\nCOPY --from=build /app /app',
  }),
  SourceTreeShipped: rule('SourceTreeShipped', 'warning', 'The final stage copies the whole context', {
    reason: 'What lies beside the application is shipped too: tests, history, settings, secrets.',
    fix: 'Copy the files that the application needs, by name, or copy what an earlier stage has made of them.',
    example: 'FROM gcr.io/distroless/nodejs22-debian12\nCOPY . /app',
  }),
  UnpinnedBase: rule('UnpinnedBase', 'warning', 'A base image has no tag, or the tag latest', {
    reason: 'The same Dockerfile builds something else tomorrow.',
    fix: 'Give a version, or a digest: alpine:3.22, alpine@sha256:…',
    example: 'FROM alpine',
  }),
  SecretValue: rule('SecretValue', 'warning', 'A value looks like a secret', {
    reason: 'What stands in a Dockerfile is in the repository, in the history of the image and in its cache.',
    fix: 'Revoke it, and give the new one to the step that needs it: RUN --mount=type=secret,id=…',
    example: 'RUN git clone https://me:hunter2@git.example.org/app.git',
  }),
  AptListsShipped: rule('AptListsShipped', 'warning', "apt's package lists stay in the image", {
    reason: 'They take tens of megabytes, and are out of date the next day.',
    fix: 'End the same RUN with rm -rf /var/lib/apt/lists/*, or mount a cache: RUN --mount=type=cache,target=/var/lib/apt',
    example: 'RUN apt-get update && apt-get install -y curl',
  }),
  AptUpdateApart: rule('AptUpdateApart', 'warning', 'apt-get update and install stand in different steps', {
    reason:
      'The step with update is cached. Later the lists are old, and install asks for packages that are gone from the mirror.',
    fix: 'Write both in one RUN: apt-get update && apt-get install …',
    example: 'RUN apt-get update\nRUN apt-get install -y curl',
  }),
  AptRecommends: rule('AptRecommends', 'note', 'apt-get installs what is only recommended', {
    reason: 'Recommended packages are often larger than what was asked for.',
    fix: 'apt-get install --no-install-recommends …',
    example: 'RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*',
  }),
  PackageCacheShipped: rule(
    'PackageCacheShipped',
    'note',
    'The cache of a package manager stays in the image',
    {
      reason: 'Everything that was downloaded is in the image twice.',
      fix: 'pip install --no-cache-dir, apk add --no-cache, npm ci && npm cache clean --force; or mount the cache: RUN --mount=type=cache,target=…',
      example: 'RUN pip install flask',
    },
  ),
  RootUser: rule('RootUser', 'note', 'The container runs as root', {
    reason: 'Whoever breaks out of the application is root in the container, and closer to being it outside.',
    fix: 'End with USER and a number, such as USER 65532:65532, or take a base that has a user, such as distroless :nonroot.',
    example: 'FROM scratch\nCOPY --from=build /app /app\nENTRYPOINT ["/app"]',
  }),
  AddInsteadOfCopy: rule('AddInsteadOfCopy', 'note', 'ADD is used where COPY does the same', {
    reason:
      'ADD unpacks archives and fetches URLs. Where nothing of that is meant, a reader has to find that out.',
    fix: 'Write COPY.',
    example: 'ADD app.conf /etc/app.conf',
  }),
  UnpinnedUrl: rule('UnpinnedUrl', 'warning', 'ADD fetches a URL without a checksum', {
    reason: 'Whatever the server sends becomes part of the image.',
    fix: 'ADD --checksum=sha256:… URL; for a git repository a commit.',
    example: 'ADD https://example.org/tool /usr/bin/tool',
  }),
} as const satisfies Readonly<Record<string, Rule>>;
