/** HEALTHCHECK: `NONE`, or a command with how often and how long to try. */

import type { SyntaxNode } from './ast.ts';
import { syntaxError } from './failure.ts';
import { parseFlags } from './flags.ts';
import type { HealthcheckInstruction } from './instruction.ts';
import { quote } from './text.ts';
import { parseDuration } from './values.ts';

const MIN_DURATION_NS = 1_000_000;
const MAX_RETRIES = 2 ** 31 - 1;

type Healthcheck = Pick<
  HealthcheckInstruction,
  'test' | 'interval' | 'timeout' | 'startPeriod' | 'startInterval' | 'retries'
>;

export function parseHealthcheck(node: SyntaxNode): Healthcheck {
  const [word, ...args] = node.args;
  if (word === undefined)
    throw syntaxError(
      'HEALTHCHECK requires at least one argument',
      'write HEALTHCHECK CMD … or HEALTHCHECK NONE',
    );
  const type = word.toUpperCase();
  if (type === 'NONE' && args.length > 0) throw syntaxError('HEALTHCHECK NONE takes no arguments');
  const flags = parseFlags(node.flags, {
    interval: 'string',
    timeout: 'string',
    'start-period': 'string',
    'start-interval': 'string',
    retries: 'string',
  });
  if (type === 'NONE') {
    return { test: 'none', interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
  }
  if (type !== 'CMD')
    throw syntaxError(
      `Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`,
      `write HEALTHCHECK CMD ${word} …`,
    );
  const [command] = args;
  if (command === undefined) throw syntaxError('Missing command after HEALTHCHECK CMD');
  const duration = (name: string): number => parseInterval(name, flags.string(name));
  return {
    test: node.json ? { form: 'exec', args } : { form: 'shell', command },
    interval: duration('interval'),
    timeout: duration('timeout'),
    startPeriod: duration('start-period'),
    startInterval: duration('start-interval'),
    retries: parseRetries(flags.string('retries')),
  };
}

function parseInterval(name: string, text: string | undefined): number {
  const duration = text ? parseDuration(text) : 0;
  if (duration !== 0 && duration < MIN_DURATION_NS) {
    throw syntaxError(`Interval ${quote(name)} cannot be less than 1ms`);
  }
  return duration;
}

function parseRetries(text: string | undefined): number {
  if (!text) return 0;
  if (!/^[+-]?\d{1,20}$/.test(text)) {
    throw syntaxError(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`, '--retries takes a number');
  }
  const retries = Number(text);
  if (Math.abs(retries) > MAX_RETRIES) {
    throw syntaxError(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  }
  if (retries < 0) throw syntaxError(`--retries cannot be negative (${retries})`);
  return retries;
}
