import { expect, test } from 'vitest';
import { createEnvironment } from './environment.ts';

test('a fork begins alike, and neither sees what the other sets', () => {
  const first = createEnvironment(new Map([['a', '1']]));
  first.set('b', '2');
  const second = first.fork();
  first.set('a', '3');
  second.set('c', '4');
  second.delete('b');
  expect([first.names(), first.get('a'), first.get('c')]).toEqual([['a', 'b'], '3', undefined]);
  expect([second.names(), second.get('a'), second.get('b')]).toEqual([['a', 'c'], '1', undefined]);
});
