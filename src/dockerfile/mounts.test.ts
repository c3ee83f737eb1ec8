import { describe, expect, test } from 'vitest';
import { parseDevice, parseMount, resolveMount, type ResolvedMount } from './mounts.ts';

const resolve = (text: string): ResolvedMount => resolveMount(parseMount(text), (value) => value);

describe('a mount', () => {
  test.each<[string, ResolvedMount]>([
    ['target=/x', { type: 'bind', target: '/x', readOnly: true, required: false }],
    [
      'type=bind,src=a,dst=/x,from=base,rw',
      { type: 'bind', source: 'a', target: '/x', from: 'base', readOnly: false, required: false },
    ],
    [
      'TYPE=Bind,destination=/x,readwrite=false',
      { type: 'bind', target: '/x', readOnly: true, required: false },
    ],
    [
      'type=cache,id=go,target=/c,sharing=locked,mode=0700,uid=1,gid=2',
      {
        type: 'cache',
        id: 'go',
        target: '/c',
        sharing: 'locked',
        mode: 0o700,
        uid: 1,
        gid: 2,
        readOnly: false,
        required: false,
      },
    ],
    ['type=cache,target=/c,ro', { type: 'cache', target: '/c', readOnly: true, required: false }],
    [
      'type=tmpfs,target=/t,size=128m',
      { type: 'tmpfs', target: '/t', size: 134_217_728, readOnly: false, required: false },
    ],
    [
      'type=secret,id=key,required,env=KEY',
      { type: 'secret', id: 'key', required: true, env: 'KEY', readOnly: true },
    ],
    ['type=ssh,required=0,mode=600', { type: 'ssh', required: false, mode: 0o600, readOnly: true }],
    ['"target=/a,b",type=bind', { type: 'bind', target: '/a,b', readOnly: true, required: false }],
  ])('%s', (text, expected) => {
    expect(resolve(text)).toEqual(expected);
  });

  test('with variables is checked when their values are known', () => {
    const mount = parseMount('type=$kind,target=/c/$name,mode=$mode');
    expect(mount).toMatchObject({ type: undefined, target: '/c/$name' });
    const values = new Map([
      ['$kind', 'cache'],
      ['/c/$name', '/c/x'],
      ['$mode', '0700'],
    ]);
    expect(resolveMount(mount, (value) => values.get(value) ?? value)).toMatchObject({
      type: 'cache',
      target: '/c/x',
      mode: 0o700,
    });
    expect(() =>
      resolveMount(mount, (value) => (value === '$mode' ? '8' : (values.get(value) ?? value))),
    ).toThrow('invalid value 8 for mode');
  });
});

describe('a mount is refused:', () => {
  test.each([
    ['typ=tmpfs', "unexpected key 'typ' in 'typ=tmpfs'", 'did you mean type?'],
    ['type=tmpf', 'unsupported mount type "tmpf"', 'did you mean tmpfs?'],
    ['type=cache,sharing=lock', 'unsupported sharing value "lock"', 'did you mean locked?'],
    ['type=tmpfs,size=big', 'invalid value for size: big', 'a size is written like 64m or 1g'],
    ['type=bind,size=1', "unexpected key 'size' for mount type 'bind'", undefined],
    [
      'type=bind,mode=0600',
      'mode not allowed for "bind" type mounts',
      'only type=cache, secret and ssh have it',
    ],
    [
      'type=tmpfs,uid=1',
      'uid not allowed for "tmpfs" type mounts',
      'only type=cache, secret and ssh have it',
    ],
    [
      'type=secret,id=a,from=b',
      'secret mount should not have a from',
      'secrets are given to the build, with --secret',
    ],
    ['type=secret,id=a,source=b', "both source and id can't be set", 'source is another name of id'],
    [
      'type=secret',
      'invalid secret mount. one of source, target required',
      'name the secret: --mount=type=secret,id=NAME',
    ],
    ['type=secret,id=a,sharing=shared', 'secret mount should not define sharing', undefined],
    [
      'type=bind,sharing=shared,target=/x',
      'invalid cache sharing set for bind mount',
      'only type=cache has sharing',
    ],
    [
      'type=ssh,source=a',
      'ssh does not support source',
      'id names the agent, target where its socket is to be',
    ],
    ['type=bind,required', "unexpected key 'required' for mount type 'bind'", undefined],
    ['target', "invalid field 'target' must be a key=value pair", 'write target=VALUE'],
    ['ro=perhaps,target=/x', 'invalid value for ro: perhaps', undefined],
    ['type=cache,uid=-1', 'invalid value -1 for uid', 'it is a number, not a name'],
    [
      'from=$base,target=/x',
      "'from' doesn't support variable expansion, define alias stage instead",
      undefined,
    ],
    ['target="x', 'parse error on line 1, column 8: bare " in non-quoted-field', undefined],
    ['"target=x', 'parse error on line 1, column 10: extraneous or missing " in quoted-field', undefined],
  ])('%s', (text, message, hint) => {
    expect(() => parseMount(text)).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_SYNTAX', message, hint }),
    );
  });
});

test.each([
  ['nvidia.com/gpu=all', { name: 'nvidia.com/gpu=all', required: false }],
  ['name=a,required=true', { name: 'a', required: true }],
  ['required,a', { name: 'a', required: true }],
])('device %s', (text, expected) => {
  expect(parseDevice(text)).toEqual(expected);
});

test.each([
  ['a,b', "invalid field 'b' must be a key=value pair"],
  ['a,requird=1', "unexpected key 'requird' in 'requird=1'"],
])('device %s is refused', (text, message) => {
  expect(() => parseDevice(text)).toThrow(message);
});
