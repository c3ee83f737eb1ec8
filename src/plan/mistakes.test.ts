/** Mistakes that people make, and what they are told: the line, the cause, and what is likely meant. */
import { expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { plan } from './testing.ts';

const COMMANDS =
  'commands stand behind RUN; a line that goes on with the one above needs a \\ at the end of that one';

test.each<[text: string, line: number, message: string, hint?: string]>([
  // Instructions
  ['FROM base\nRNU x', 2, 'unknown instruction: RNU', 'did you mean RUN?'],
  ['FRM base', 1, 'unknown instruction: FRM', 'did you mean FROM?'],
  ['FROM base\nENTRYPONT x', 2, 'unknown instruction: ENTRYPONT', 'did you mean ENTRYPOINT?'],
  ['FROM base\napt-get install x', 2, 'unknown instruction: apt-get', COMMANDS],
  ['FROM base\nRUN a &&\n  b', 3, 'unknown instruction: b', COMMANDS],
  ['FROM base\n&& x', 2, 'unknown instruction: &&', COMMANDS],
  ['', 1, 'file with no instructions', 'begin with FROM'],
  ['RUN x', 1, 'no build stage in current context', 'begin with FROM'],
  ['ARG a=1', 1, 'dockerfile contains no stages to build', 'add FROM'],
  // Flags
  ['FROM base\nRUN --mont=type=cache,target=/x y', 2, 'unknown flag: --mont', 'did you mean --mount?'],
  ['FROM base\nCOPY --form=a x y', 2, 'unknown flag: --form', 'did you mean --from?'],
  ['FROM base\nCOPY --mount=type=cache x y', 2, 'unknown flag: --mount', 'it is a flag of RUN'],
  ['FROM base\nADD --from=a x y', 2, 'unknown flag: --from', 'it is a flag of COPY'],
  ['FROM base\nCOPY --checksum=x a b', 2, 'unknown flag: --checksum', 'it is a flag of ADD'],
  ['FROM base\nRUN --chown=a x', 2, 'unknown flag: --chown', 'it is a flag of COPY and ADD'],
  ['FROM base\nCOPY --owner=a x y', 2, 'unknown flag: --owner', 'the flags are --chown, --chmod, --link'],
  ['FROM base\nCOPY --chmod 755 a b', 2, 'missing a value on flag: --chmod', 'write --chmod=VALUE'],
  [
    'FROM base\nCOPY --link=maybe a b',
    2,
    'expecting boolean value for flag --link, not: maybe',
    'write --link or --link=false',
  ],
  ['FROM base\nCOPY --parents --parents a b', 2, 'duplicate flag specified: --parents', 'give it once'],
  ['FROM --platfrom=linux/amd64 base', 1, 'unknown flag: --platfrom', 'did you mean --platform?'],
  [
    'FROM base\nHEALTHCHECK --intervall=30s CMD x',
    2,
    'unknown flag: --intervall',
    'did you mean --interval?',
  ],
  // Mounts
  [
    'FROM base\nRUN --mount=type=cahce,target=/x y',
    2,
    'unsupported mount type "cahce"',
    'did you mean cache?',
  ],
  ['FROM base\nRUN --mount=type=cache,traget=/x y', 2, "unexpected key 'traget'", 'did you mean target?'],
  ['FROM base\nRUN --mount=type=secret y', 2, 'invalid secret mount', 'name the secret'],
  ['FROM base\nRUN --mount=target=/x,from=$a b', 2, "'from' doesn't support variable expansion"],
  ['FROM base\nRUN --network=hots y', 2, 'invalid network mode "hots"', 'did you mean host?'],
  ['FROM base\nRUN --security=insecur y', 2, 'security "insecur" is not valid', 'did you mean insecure?'],
  // FROM and stages
  ['FROM', 1, 'FROM requires either one or three arguments', 'write FROM IMAGE or FROM IMAGE AS NAME'],
  ['FROM a AS', 1, 'FROM requires either one or three arguments', 'write FROM IMAGE or FROM IMAGE AS NAME'],
  ['FROM base AS a/b', 1, 'invalid name for build stage: "a/b"', 'a letter, then letters'],
  ['FROM ${image}', 1, 'base name (${image}) should not be blank', 'declare its variables with ARG'],
  ['FROM base AS build\nFROM biuld', 2, 'no biuld', 'did you mean build?'],
  ['FROM base AS build\nFROM base\nCOPY --from=biuld /x /y', 3, 'no biuld', 'did you mean build?'],
  ['FROM base\nCOPY --from=3 a b', 2, 'invalid stage index 3', 'stages are counted from 0'],
  [
    'FROM base\nCOPY --from=$x a b',
    2,
    'variable expansion is not supported for --from',
    'write FROM $x AS source above this stage, its ARG above the first FROM, and COPY --from=source here',
  ],
  ['FROM base\nCOPY --from=context a b', 2, 'no context', 'the build context has no name'],
  ['FROM base\nRUN --mount=from=context,target=/a b', 2, 'no context', 'a mount without from='],
  [
    'FROM base AS a\nFROM a AS b\nCOPY --from=b x y',
    3,
    'circular dependency detected on stage: b',
    'a stage cannot copy from itself',
  ],
  // COPY and ADD
  ['FROM base\nCOPY x', 2, 'COPY requires at least two arguments', 'such as COPY x ./'],
  ['FROM base\nADD', 2, 'ADD requires at least two arguments', 'such as ADD app ./'],
  ['FROM base\nCOPY --chmod=rwx a b', 2, "invalid chmod parameter: 'rwx'", 'symbolic modes work too'],
  [
    'FROM base\nCOPY <<EOF /x\nhello',
    2,
    'unterminated heredoc',
    'end the heredoc with a line that holds only EOF',
  ],
  ['FROM base\nCOPY x <<EOF\nEOF', 2, 'COPY cannot accept a heredoc as a destination'],
  [
    `FROM base\nCOPY --chown=1 a  'b  c' "d" /`,
    2,
    'looking for matching single-quote',
    'write COPY --chown=1 ["a", "b  c", "d", "/"]',
  ],
  ['FROM base\nADD "a b" /', 2, 'looking for matching double-quote', 'write ADD ["a b", "/"]'],
  ['FROM base\nVOLUME "/a b"', 2, 'looking for matching double-quote', 'write VOLUME ["/a b"]'],
  [`FROM base\nCOPY ["a 'b", "c' d"]`, 2, 'looking for matching single-quote', 'close the quote'],
  ['FROM base\nCOPY "a b', 2, 'looking for matching double-quote', 'close the quote'],
  ['FROM base\nCOPY http://x/y /', 2, "source can't be a URL for COPY", 'ADD takes it'],
  // Names and values
  ['FROM base\nENV a', 2, 'ENV must have two arguments', 'write ENV NAME=value'],
  ['FROM base\nENV a=1 b', 2, `can't find = in "b"`, 'put quotes around a value that contains spaces'],
  ['FROM base\nENV =1', 2, 'ENV names can not be blank', 'write ENV NAME=value'],
  ['FROM base\nLABEL a', 2, 'LABEL must have two arguments', 'write LABEL NAME=value'],
  ['FROM base\nARG =x', 2, 'ARG names can not be blank', 'write ARG NAME or ARG NAME=default'],
  ['FROM base\nENV a=${b', 2, "syntax error: missing '}'", 'close ${ with }'],
  ['FROM base\nENV a="b', 2, 'looking for matching double-quote', 'close the quote'],
  ["FROM base\nENV a='b", 2, 'looking for matching single-quote', 'close the quote'],
  ['FROM base\nENV a=${b:~c}', 2, 'unsupported modifier (:~) in substitution', 'there are :-'],
  ['FROM base\nENV a=${b//x}', 2, "missing '/' in ${}", 'write ${b//x/} to leave it out'],
  ['FROM base\nENV a=${b/x}/c', 2, "missing '}'", 'write ${b/x/} to leave it out'],
  ['FROM base\nENV a="${b:?no b given}"', 2, 'b: no b given', 'ARG b above this line'],
  ['FROM base\nARG b\nENV a=${b?}', 3, 'b: is not allowed to be unset', 'give it with --build-arg b='],
  ['FROM base\nENV b=\nENV a=${b:?}', 3, 'b: is not allowed to be empty', 'the stage sets it to nothing'],
  ['ARG b=1\nFROM base\nENV a=${b?}', 3, 'b: is not allowed to be unset', 'add ARG b to this stage'],
  ['ARG b\nFROM base:${b:?}', 2, 'b: is not allowed to be unset', 'give it with --build-arg b='],
  ['FROM base:${b:?}', 1, 'b: is not allowed to be unset', 'ARG b above the first FROM'],
  ['ARG a\nARG c=1 \\\n b=${b:?"no b"}\nFROM base', 2, 'b: no b', 'give it with --build-arg b='],
  ['FROM base:${b:?no b}', 1, 'FROM requires either one or three arguments', 'cannot hold spaces'],
  ['FROM base\nEXPOSE http', 2, 'invalid containerPort: http', 'a port is a number up to 65535'],
  ['FROM base\nEXPOSE 80/tpc', 2, 'invalid proto: tpc', 'it is tcp, udp or sctp'],
  ['FROM base\nSTOPSIGNAL SIGTREM', 2, 'invalid signal: SIGTREM', 'did you mean SIGTERM?'],
  ['FROM base\nSTOPSIGNAL stop please', 2, 'invalid signal: stop please', 'use a name such as SIGTERM'],
  [
    'FROM base\nSHELL /bin/bash',
    2,
    'SHELL requires the arguments to be in JSON form',
    'write it like SHELL ["/bin/bash"',
  ],
  [
    'FROM base\nCMD [1, 2]',
    2,
    'arrays must be comprised of strings only',
    'put double quotes around every element',
  ],
  ['FROM base\nHEALTHCHECK curl localhost', 2, 'Unknown type "CURL"', 'write HEALTHCHECK CMD curl …'],
  ['FROM base\nHEALTHCHECK --interval=30 CMD x', 2, 'missing unit in duration "30"', 'written like 30s'],
  ['FROM base\nONBUILD ONBUILD RUN x', 2, 'Chaining ONBUILD'],
  ['# escape=x\nFROM a', 1, "invalid escape token 'x'"],
  ['# syntax=a\n# syntax=b\nFROM a', 2, 'only one syntax parser directive can be used'],
])('%j', async (text, line, message, hint) => {
  const failure = await failureOf(text);
  expect(failure.message).toContain(message);
  expect(failure.place?.start).toBe(line);
  if (hint === undefined) expect(failure.hint).toBeUndefined();
  else expect(failure.hint).toContain(hint);
});

async function failureOf(text: string): Promise<DecantError> {
  try {
    await plan(text);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('it was planned');
}
