import { expect, test } from 'vitest';
import { plan } from './testing.ts';

test.each([
  ['one that an ARG takes', 'FROM base\nARG A\n', []],
  ['one that only the global scope takes', 'ARG A=base\nFROM base\n', []],
  ['one that a stage takes which is not built', 'FROM base AS other\nARG A\nFROM base\n', []],
  ['one that a trigger takes', 'FROM triggered\n', []],
  ['one that a trigger for others takes', 'FROM base\nONBUILD ARG A=1\n', []],
  ['one that nothing takes', 'FROM base\n', ['the build argument A is given, but no ARG takes it']],
])('%s', async (_, text, messages) => {
  const images = { base: {}, triggered: { OnBuild: ['ARG B A=1'] } };
  const { warnings } = await plan(text, { images, args: { A: 'base' } });
  expect(warnings.map(({ message }) => message)).toEqual(messages);
});

test('names that mean something to every builder need no ARG', async () => {
  const args = { HTTP_PROXY: 'x', no_proxy: 'x', SOURCE_DATE_EPOCH: '1', BUILDKIT_INLINE_CACHE: '1' };
  expect((await plan('FROM base\n', { args })).warnings).toEqual([]);
});

test('a name that is nearly right is set right', async () => {
  const { warnings } = await plan('FROM base\nARG VERSION\n', { args: { VERSOIN: '1' } });
  expect(warnings[0]?.message).toContain('VERSION');
});
