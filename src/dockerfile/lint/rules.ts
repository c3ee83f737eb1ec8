/**
 * BuildKit's rules (as of Dockerfile 1.26) as values: names and descriptions are its own, so that what people have
 * written in `# check=` directives keeps its meaning; reasons and fixes are ours.
 */
import type { Rule } from './rule.ts';

function rule(
  name: string,
  description: string,
  texts: Pick<Rule, 'reason' | 'fix' | 'example'>,
  more: Partial<Pick<Rule, 'experimental' | 'level'>> = {},
): Rule {
  return { name, level: 'warning', origin: 'buildkit', description, ...texts, ...more };
}

export const BUILDKIT_RULES = {
  StageNameCasing: rule('StageNameCasing', 'Stage names should be lowercase', {
    reason: 'Names of stages are compared without regard to case, and progress shows them in lower case.',
    fix: 'Write the name in lower case.',
    example: 'FROM alpine AS Build',
  }),
  FromAsCasing: rule('FromAsCasing', "The 'as' keyword should match the case of the 'from' keyword", {
    reason: 'Mixed case makes the two halves of one instruction hard to see together.',
    fix: 'Write FROM and AS both in upper case, or both in lower case.',
    example: 'FROM alpine as build',
  }),
  NoEmptyContinuation: rule(
    'NoEmptyContinuation',
    'Empty continuation lines will become errors in a future release',
    {
      reason:
        'An empty line looks like the end of an instruction and is not: what follows still belongs to it.',
      fix: 'Remove the empty line, or put a comment there.',
      example: 'RUN one && \\\n\n    two',
    },
  ),
  ConsistentInstructionCasing: rule(
    'ConsistentInstructionCasing',
    'All commands within the Dockerfile should use the same casing (either upper or lower)',
    {
      reason: 'Instructions that differ in case from the others are easily read as arguments.',
      fix: 'Write all instructions as most of them are.',
      example: 'FROM alpine\nrun make',
    },
  ),
  DuplicateStageName: rule('DuplicateStageName', 'Stage names should be unique', {
    reason:
      'Of two stages with one name only the last can be named by a later FROM, by COPY --from and by --target.',
    fix: 'Give each stage a name of its own.',
    example: 'FROM alpine AS build\nFROM debian AS build',
  }),
  ReservedStageName: rule('ReservedStageName', 'Reserved words should not be used as stage names', {
    reason: '`scratch` and `context` mean something else, so a stage with such a name cannot be reached.',
    fix: 'Choose another name.',
    example: 'FROM alpine AS scratch',
  }),
  JSONArgsRecommended: rule(
    'JSONArgsRecommended',
    'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    {
      reason:
        'The shell form puts a shell between the container and the program. Signals such as that of `docker stop` reach the shell, which does not pass them on; and there has to be a shell.',
      fix: 'Write the arguments as a JSON array. Where a shell is wanted, say so with SHELL.',
      example: 'ENTRYPOINT my-program start',
    },
  ),
  MaintainerDeprecated: rule(
    'MaintainerDeprecated',
    'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    {
      reason: 'MAINTAINER sets a field that few tools read.',
      fix: 'LABEL org.opencontainers.image.authors="…"',
      example: 'MAINTAINER someone@example.org',
    },
  ),
  UndefinedArgInFrom: rule('UndefinedArgInFrom', 'FROM command must use declared ARGs', {
    reason: 'A variable that no ARG before the first FROM declares is empty.',
    fix: 'Declare it with ARG above the first FROM, or mend its name.',
    example: 'FROM alpine:${VERSION}',
  }),
  WorkdirRelativePath: rule(
    'WorkdirRelativePath',
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    {
      reason: 'A relative path counts from whatever directory the base image has chosen.',
      fix: 'Give an absolute path.',
      example: 'WORKDIR usr/src',
    },
  ),
  UndefinedVar: rule('UndefinedVar', 'Variables should be defined before their use', {
    reason: 'A variable that neither ARG nor ENV nor the base image defines is empty.',
    fix: 'Define it with ARG or ENV above, or mend its name. A $ that is meant as such is written \\$.',
    example: 'COPY $SOURCE .',
  }),
  MultipleInstructionsDisallowed: rule(
    'MultipleInstructionsDisallowed',
    'Multiple instructions of the same type should not be used in the same stage',
    {
      reason: 'Only the last CMD, ENTRYPOINT or HEALTHCHECK of a stage counts.',
      fix: 'Remove all but the last.',
      example: 'CMD ["one"]\nCMD ["two"]',
    },
  ),
  LegacyKeyValueFormat: rule(
    'LegacyKeyValueFormat',
    'Legacy key/value format with whitespace separator should not be used',
    {
      reason: 'Without = everything to the end of the line is the value, and there can be only one.',
      fix: 'Write NAME=value.',
      example: 'ENV DIR /usr/src/app',
    },
  ),
  InvalidBaseImagePlatform: rule(
    'InvalidBaseImagePlatform',
    'Base image platform does not match expected target platform',
    {
      reason:
        'The base image is for another platform than the one that is built, so its programs do not run there.',
      fix: 'Take an image that has the platform, or name the platform with FROM --platform.',
      example: 'FROM my-arm64-only-image',
    },
  ),
  RedundantTargetPlatform: rule(
    'RedundantTargetPlatform',
    'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    {
      reason: 'A stage is for the target platform unless it says otherwise.',
      fix: 'Leave the flag out.',
      example: 'FROM --platform=$TARGETPLATFORM alpine',
    },
  ),
  SecretsUsedInArgOrEnv: rule(
    'SecretsUsedInArgOrEnv',
    'Sensitive data should not be used in the ARG or ENV commands',
    {
      reason: 'Values of ARG and ENV stay in the image: in its config, its history and its cache.',
      fix: 'Give the secret to the step that needs it: RUN --mount=type=secret,id=…',
      example: 'ARG AWS_SECRET_ACCESS_KEY',
    },
  ),
  InvalidDefaultArgInFrom: rule(
    'InvalidDefaultArgInFrom',
    'Default value for global ARG results in an empty or invalid base image name',
    {
      reason:
        'Without a build argument there is no base image, so the build fails for all who do not know it.',
      fix: 'Give the ARG a default, or the variable one: ${TAG:-latest}.',
      example: 'ARG TAG\nFROM busybox:${TAG}',
    },
  ),
  FromPlatformFlagConstDisallowed: rule(
    'FromPlatformFlagConstDisallowed',
    'FROM --platform flag should not use a constant value',
    {
      reason: 'The image is then for one platform, whatever is asked for.',
      fix: 'Leave it to --platform of the build, take $BUILDPLATFORM, or name the stage after the platform.',
      example: 'FROM --platform=linux/amd64 alpine AS base',
    },
  ),
  CopyIgnoredFile: rule('CopyIgnoredFile', 'Attempting to Copy file that is excluded by .dockerignore', {
    reason: 'A file that .dockerignore leaves out is not there to be copied.',
    fix: 'Take the pattern out of .dockerignore, or the file out of the instruction.',
    example: 'COPY ./tmp/hidden /',
  }),
  InvalidDefinitionDescription: rule(
    'InvalidDefinitionDescription',
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
    {
      reason:
        'A comment right above FROM … AS or ARG describes it, when it begins with its name, in `--call outline` and `--call targets`.',
      fix: 'Begin the comment with the name, or put an empty line below it.',
      example: '# this is the base\nFROM alpine AS base',
    },
    { experimental: true },
  ),
  ExposeProtoCasing: rule('ExposeProtoCasing', 'Protocol in EXPOSE instruction should be lowercase', {
    reason: 'Not every tool reads protocols in upper case.',
    fix: 'Write tcp, udp or sctp.',
    example: 'EXPOSE 80/TCP',
  }),
  ExposeInvalidFormat: rule(
    'ExposeInvalidFormat',
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
    {
      reason:
        'EXPOSE tells which ports the program listens on; which of the host they become is said when it is run.',
      fix: 'Give the port of the container alone.',
      example: 'EXPOSE 127.0.0.1:80:80',
    },
  ),
} as const satisfies Readonly<Record<string, Rule>>;
