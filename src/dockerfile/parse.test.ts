import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { parseDockerfile, parseTrigger, type Instruction } from './parse.ts';

const lines = (...text: string[]): string => text.join('\n');

/** The only instruction after `FROM scratch`. */
function instruction(text: string): Instruction {
  const found = parseDockerfile(`FROM scratch\n${text}`).stages[0]?.instructions ?? [];
  if (found.length !== 1 || !found[0]) throw new Error(`expected one instruction, found ${found.length}`);
  return found[0];
}

function failure(source: string): DecantError {
  try {
    parseDockerfile(source);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error(`parsed: ${source}`);
}

describe('stages', () => {
  const source = lines(
    '# syntax=docker/dockerfile:1',
    '# check=skip=JSONArgsRecommended',
    '',
    '# VERSION the release to build',
    'ARG VERSION=1.2 EXTRA',
    '# The builder.',
    '# build compiles',
    'from --platform=$BUILDPLATFORM golang:$VERSION as Build',
    'RUN make \\',
    '  # between two lines',
    '  all',
    'FROM scratch',
    'COPY --from=build /out /',
  );
  const dockerfile = parseDockerfile(source, { file: 'app.Dockerfile' });

  test('have names in lower case, lines, and their instructions', () => {
    expect(dockerfile.stages.map(({ index, name, lines }) => ({ index, name, lines }))).toEqual([
      { index: 0, name: 'build', lines: { start: 8, end: 11 } },
      { index: 1, name: undefined, lines: { start: 12, end: 13 } },
    ]);
    expect(dockerfile.stages[0]?.from).toMatchObject({
      kind: 'from',
      keyword: 'from',
      image: 'golang:$VERSION',
      platform: '$BUILDPLATFORM',
      as: { keyword: 'as', name: 'Build' },
      comments: ['The builder.', 'build compiles'],
      doc: 'compiles',
    });
    expect(dockerfile.stages[0]?.instructions).toMatchObject([
      { kind: 'run', text: 'RUN make   all', command: 'make   all', lines: { start: 9, end: 11 } },
    ]);
  });

  test('come after directives and global arguments', () => {
    expect(dockerfile.directives).toEqual({
      syntax: 'docker/dockerfile:1',
      check: 'skip=JSONArgsRecommended',
      escape: '\\',
    });
    expect(dockerfile.globalArgs[0]?.args).toEqual([
      { name: 'VERSION', value: '1.2', doc: 'the release to build' },
      { name: 'EXTRA' },
    ]);
  });

  test('empty lines in a continuation are warned of, at the last line', () => {
    expect(parseDockerfile(lines('FROM scratch', 'RUN a \\', '', '  b')).warnings).toEqual([
      { line: 4, message: 'Empty continuation line', rule: 'NoEmptyContinuation' },
    ]);
  });
});

describe('instructions', () => {
  test.each([
    [
      'ENV a=1 b="x y" c=\\ ',
      {
        kind: 'env',
        legacy: false,
        pairs: [
          { name: 'a', value: '1' },
          { name: 'b', value: '"x y"' },
          { name: 'c', value: '' },
        ],
      },
    ],
    [
      'ENV name the  rest "of it"',
      { kind: 'env', legacy: true, pairs: [{ name: 'name', value: 'the  rest "of it"' }] },
    ],
    ['LABEL "a.b"=c', { kind: 'label', pairs: [{ name: '"a.b"', value: 'c' }] }],
    [
      'ARG a b= c="1 2"',
      { kind: 'arg', args: [{ name: 'a' }, { name: 'b', value: '' }, { name: 'c', value: '"1 2"' }] },
    ],
    ['WORKDIR /a b', { kind: 'workdir', path: '/a b' }],
    ['USER 1000:$GROUP', { kind: 'user', user: '1000:$GROUP' }],
    ['VOLUME /a /b', { kind: 'volume', paths: ['/a', '/b'] }],
    ['VOLUME ["/a b"]', { kind: 'volume', paths: ['/a b'] }],
    ['EXPOSE 9000 80/tcp $PORTS', { kind: 'expose', ports: ['$PORTS', '80/tcp', '9000'] }],
    ['STOPSIGNAL SIGTERM', { kind: 'stopsignal', signal: 'SIGTERM' }],
    ['SHELL ["/bin/bash", "-c"]', { kind: 'shell', shell: ['/bin/bash', '-c'] }],
    ['MAINTAINER A <a@b>', { kind: 'maintainer', maintainer: 'A <a@b>' }],
    ['CMD ["a", "b"]', { kind: 'cmd', form: 'exec', args: ['a', 'b'] }],
    ['CMD a b', { kind: 'cmd', form: 'shell', command: 'a b' }],
    ["CMD ['a']", { kind: 'cmd', form: 'shell', command: "['a']" }],
    ['CMD ["a"] # no', { kind: 'cmd', form: 'shell', command: '["a"] # no' }],
    ['ENTRYPOINT []', { kind: 'entrypoint', form: 'exec', args: [] }],
    ['RUN', { kind: 'run', form: 'shell', command: '' }],
    ['HEALTHCHECK NONE', { kind: 'healthcheck', test: 'none' }],
    [
      'HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=0s --start-interval=1.5s --retries=3 CMD curl x',
      {
        test: { form: 'shell', command: 'curl x' },
        interval: 90e9,
        timeout: 5e8,
        startPeriod: 0,
        startInterval: 15e8,
        retries: 3,
      },
    ],
    ['HEALTHCHECK CMD ["a"]', { test: { form: 'exec', args: ['a'] }, retries: 0 }],
    ['ONBUILD  COPY . /src', { kind: 'onbuild', trigger: 'COPY . /src' }],
    [
      'COPY --from=build --chown=1:2 --chmod=0644 --link --parents=true --exclude=*.md --exclude=!a.md a b /dst/',
      {
        kind: 'copy',
        from: 'build',
        chown: '1:2',
        chmod: '0644',
        link: true,
        parents: true,
        exclude: ['*.md', '!a.md'],
        sources: ['a', 'b'],
        destination: '/dst/',
      },
    ],
    [
      'COPY ["a b", "c d"]',
      { kind: 'copy', sources: ['a b'], destination: 'c d', link: false, parents: false, exclude: [] },
    ],
    [
      'ADD --checksum=sha256:ab --keep-git-dir --unpack=false https://a/b.tar /',
      { kind: 'add', checksum: 'sha256:ab', keepGitDir: true, unpack: false, sources: ['https://a/b.tar'] },
    ],
    [
      'RUN --network=none --security=insecure --device=vendor/gpu,required --mount=target=/x id',
      {
        kind: 'run',
        command: 'id',
        network: 'none',
        security: 'insecure',
        devices: [{ name: 'vendor/gpu', required: true }],
        mounts: [{ type: 'bind', target: '/x' }],
      },
    ],
    ['RUN -- --mount=type=bind', { kind: 'run', command: '--mount=type=bind', mounts: [] }],
  ])('%s', (text, expected) => {
    expect(instruction(text)).toMatchObject(expected);
  });

  test('flags that were not given are not there', () => {
    expect(instruction('COPY a b')).not.toHaveProperty('from');
    expect(instruction('ADD a b')).not.toHaveProperty('unpack');
  });
});

describe('heredocs', () => {
  test('of RUN, with any number of them', () => {
    const source = lines('RUN <<A cat 3<<-"B" && true', 'one $x', 'A', '\ttwo', '\tB');
    expect(instruction(source)).toMatchObject({
      command: '<<A cat 3<<-"B" && true',
      lines: { start: 2, end: 6 },
      heredocs: [
        { name: 'A', fileDescriptor: 0, expand: true, chomp: false, raw: 'one $x\n', content: 'one $x\n' },
        { name: 'B', fileDescriptor: 3, expand: false, chomp: true, raw: '\ttwo\n', content: 'two\n' },
      ],
    });
  });

  test('of COPY are sources apart from the paths', () => {
    expect(instruction(lines('COPY a <<b << c /d/', '1', 'b', '2', 'c'))).toMatchObject({
      sources: ['a'],
      destination: '/d/',
      heredocs: [
        { name: 'b', content: '1\n' },
        { name: 'c', content: '2\n' },
      ],
    });
  });

  test('keep comments, continuations and instructions in their lines', () => {
    const source = lines('RUN <<EOF', '# text', 'FROM x \\', '', 'EOF');
    expect(instruction(source)).toMatchObject({ heredocs: [{ content: '# text\nFROM x \\\n\n' }] });
  });

  test('of a trigger go into its text', () => {
    const [trigger] = [instruction(lines('ONBUILD COPY <<-EOF /a', '\thi', 'EOF'))];
    expect(trigger).toMatchObject({ trigger: 'COPY <<-EOF /a\n\thi\nEOF' });
    expect(parseTrigger('COPY <<-EOF /a\n\thi\nEOF')).toMatchObject({ heredocs: [{ content: 'hi\n' }] });
  });

  test.each([
    'RUN echo "<<EOF"',
    'RUN cat <<<word',
    'RUN ["cat", "<<EOF"]',
    'RUN a \\<<EOF',
    'ENV a=<<EOF',
    'RUN echo <<',
  ])('there is none in: %s', (text) => {
    const found = instruction(text);
    expect('heredocs' in found ? found.heredocs : []).toEqual([]);
  });
});

describe('refused', () => {
  const inStage = (text: string): string => `FROM scratch\n${text}`;
  const onLine2 = 'dockerfile parse error on line 2: ';
  test.each([
    ['', 'file with no instructions', 'begin with FROM'],
    ['# only a comment', 'file with no instructions', 'begin with FROM'],
    ['ARG a', 'dockerfile contains no stages to build', 'add FROM'],
    ['RUN a', 'no build stage in current context', 'begin with FROM'],
    [
      'FROM',
      'dockerfile parse error on line 1: FROM requires either one or three arguments',
      'write FROM IMAGE or FROM IMAGE AS NAME',
    ],
    [
      'FROM a b',
      'dockerfile parse error on line 1: FROM requires either one or three arguments',
      'write FROM IMAGE or FROM IMAGE AS NAME',
    ],
    [
      'FROM a AS 1x',
      `dockerfile parse error on line 1: invalid name for build stage: "1x", name can't start with a number or contain symbols`,
      'a letter, then letters, digits, "-", "_" and "."',
    ],
    ['# escape=x\nFROM a', "invalid escape token 'x' does not match ` or \\", undefined],
    ['# syntax=a\n# syntax=b\nFROM a', 'only one syntax parser directive can be used', undefined],
    [inStage('FORM x'), `${onLine2}unknown instruction: FORM`, 'did you mean FROM?'],
    [
      inStage('INCLUDE x'),
      `${onLine2}unknown instruction: INCLUDE`,
      expect.stringContaining('an image of its own'),
    ],
    [inStage('ENTRYPONT x'), `${onLine2}unknown instruction: ENTRYPONT`, 'did you mean ENTRYPOINT?'],
    [inStage('RUN --mont=type=bind x'), `${onLine2}unknown flag: --mont`, 'did you mean --mount?'],
    [inStage('COPY --form=x a b'), `${onLine2}unknown flag: --form`, 'did you mean --from?'],
    [inStage('COPY --from a b'), `${onLine2}missing a value on flag: --from`, 'write --from=VALUE'],
    [
      inStage('COPY --link= a b'),
      `${onLine2}missing a value on flag: --link`,
      'write --link or --link=false',
    ],
    [
      inStage('COPY --link=yes a b'),
      `${onLine2}expecting boolean value for flag --link, not: yes`,
      'write --link or --link=false',
    ],
    [inStage('COPY --from=a --from=b a b'), `${onLine2}duplicate flag specified: --from`, 'give it once'],
    [
      inStage('COPY --from=$x a b'),
      `${onLine2}variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround`,
      'write FROM $x AS source above this stage, its ARG above the first FROM, and COPY --from=source here',
    ],
    [
      inStage('COPY a'),
      `${onLine2}COPY requires at least two arguments, but only one was provided. Destination could not be determined`,
      'write COPY SOURCE DESTINATION, such as COPY a ./',
    ],
    [inStage('COPY a <<b\nb'), `${onLine2}COPY cannot accept a heredoc as a destination`, undefined],
    [
      inStage('RUN ["a", "<<EOF"]\nEOF'),
      'dockerfile parse error on line 3: unknown instruction: EOF',
      'the JSON form on line 2 takes no heredoc',
    ],
    [
      inStage('<<<<<<< HEAD'),
      `${onLine2}unknown instruction: <<<<<<<`,
      'it is the mark of a merge that is not done: keep one side of it',
    ],
    [inStage('RUN <<EOF\na'), 'unterminated heredoc', 'end the heredoc with a line that holds only EOF'],
    [
      inStage('CMD ["a", 1]'),
      'when using JSON array syntax, arrays must be comprised of strings only',
      'put double quotes around every element',
    ],
    [inStage('ENV a'), 'ENV must have two arguments', 'write ENV NAME=value'],
    [inStage('ENV'), `${onLine2}ENV requires at least one argument`, undefined],
    [
      inStage('ENV a=b c'),
      `Syntax error - can't find = in "c". Must be of the form: name=value`,
      'put quotes around a value that contains spaces',
    ],
    [inStage('ENV =a'), `${onLine2}ENV names can not be blank`, 'write ENV NAME=value'],
    [inStage('ARG =a'), `${onLine2}ARG names can not be blank`, 'write ARG NAME or ARG NAME=default'],
    [inStage('WORKDIR'), `${onLine2}WORKDIR requires exactly one argument`, undefined],
    [
      inStage('SHELL /bin/sh'),
      `${onLine2}SHELL requires the arguments to be in JSON form`,
      'write it like SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
    ],
    [inStage('VOLUME [" "]'), `${onLine2}VOLUME specified can not be an empty string`, undefined],
    [inStage('RUN --network=hots a'), `${onLine2}invalid network mode "hots"`, 'did you mean host?'],
    [inStage('RUN --security=x a'), `${onLine2}security "x" is not valid`, 'there are sandbox and insecure'],
    [inStage('RUN --device=a,name=b x'), `${onLine2}device name already set to a`, undefined],
    [
      inStage('HEALTHCHECK'),
      `${onLine2}HEALTHCHECK requires at least one argument`,
      'write HEALTHCHECK CMD … or HEALTHCHECK NONE',
    ],
    [inStage('HEALTHCHECK CMD'), `${onLine2}Missing command after HEALTHCHECK CMD`, undefined],
    [inStage('HEALTHCHECK NONE x'), `${onLine2}HEALTHCHECK NONE takes no arguments`, undefined],
    [
      inStage('HEALTHCHECK TCP 1'),
      `${onLine2}Unknown type "TCP" in HEALTHCHECK (try CMD)`,
      'write HEALTHCHECK CMD TCP …',
    ],
    [
      inStage('HEALTHCHECK --interval=1us CMD a'),
      `${onLine2}Interval "interval" cannot be less than 1ms`,
      undefined,
    ],
    [inStage('HEALTHCHECK --retries=-1 CMD a'), `${onLine2}--retries cannot be negative (-1)`, undefined],
    [inStage('ONBUILD'), `${onLine2}ONBUILD requires at least one argument`, undefined],
    [inStage('ONBUILD FROM x'), `${onLine2}FROM isn't allowed as an ONBUILD trigger`, undefined],
    [
      inStage('ONBUILD ONBUILD RUN x'),
      `${onLine2}Chaining ONBUILD via \`ONBUILD ONBUILD\` isn't allowed`,
      undefined,
    ],
    [
      inStage(`RUN ${'x'.repeat(65_532)}`),
      'dockerfile line greater than max allowed size of 65535',
      undefined,
    ],
  ])('%j', (source, message, hint) => {
    expect(failure(source)).toMatchObject({ code: 'DOCKERFILE_SYNTAX', message, hint });
  });

  test('with the lines it is about', () => {
    const source = lines('FROM scratch', '', 'COPY --link=maybe \\', '  # comment', '  a b', 'RUN x');
    expect(failure(source).place).toEqual({ file: 'Dockerfile', start: 3, end: 5, source });
  });
});

describe('triggers', () => {
  const place = { file: 'Dockerfile', start: 4, end: 4, source: 'FROM base' };

  test('stand where the FROM stands that brought them', () => {
    expect(parseTrigger('RUN make', place)).toMatchObject({
      kind: 'run',
      command: 'make',
      lines: { start: 4, end: 4 },
    });
  });

  test.each([
    ['', 'file with no instructions'],
    ['RUN a\nRUN b', 'onbuild trigger should be a single expression'],
    ['FROM x', "FROM isn't allowed as an ONBUILD trigger"],
    ['RUM x', 'unknown instruction: RUM'],
  ])('%j is refused there', (text, message) => {
    const quoted = `${message} in the ONBUILD trigger ${JSON.stringify(text)}`;
    expect(() => parseTrigger(text, place)).toThrow(expect.objectContaining({ message: quoted, place }));
  });
});
