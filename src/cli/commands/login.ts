/** `decant login` */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import { login } from '../../registry/auth/login.ts';
import { readRegistries } from '../../registry/config/files.ts';
import { onInterrupt } from '../interrupt.ts';
import { allEnvironment, errorTerminal, standardInput, tell } from '../io.ts';
import { registryDomain } from '../registry-name.ts';

interface Flags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** A password is a line, not a file. */
const MAX_PASSWORD_BYTES = 64 * 1024;

export async function command(host: string | undefined, flags: Flags): Promise<void> {
  const domain = registryDomain(host);
  const interruption = onInterrupt();
  const { signal } = interruption;
  try {
    const username = flags.username ?? (await ask('Username: ', false));
    if (username === '')
      throw new DecantError('USAGE', 'there is no user name', { hint: 'give it with -u NAME' });
    const password = flags.passwordStdin ? await readPassword() : await ask('Password: ', true);
    if (password === '') throw new DecantError('USAGE', 'the password is empty');
    const environment = allEnvironment();
    const registries = await readRegistries(environment);
    const { keptIn, isPlain } = await login(
      domain,
      { type: 'password', username, password },
      { environment, registries, signal },
    );
    tell(`logged in to ${domain} as ${username}; the credentials are in ${keptIn}`);
    if (isPlain)
      tell('they are not encrypted there: configure a credential helper (credsStore) to change that');
  } finally {
    interruption.dispose();
  }
}

async function readPassword(): Promise<string> {
  const tooLong = (): DecantError => new DecantError('USAGE', 'the password on standard input is too long');
  const bytes = await collect(standardInput() as AsyncIterable<Buffer>, MAX_PASSWORD_BYTES, tooLong);
  return bytes.toString('utf8').replace(/\r?\n$/, '');
}

/** Asks at the terminal; what is typed is not shown where it is secret. */
async function ask(prompt: string, isSecret: boolean): Promise<string> {
  if (!standardInput().isTTY) {
    throw new DecantError('USAGE', `nobody can be asked for the ${isSecret ? 'password' : 'user name'}`, {
      hint: 'write: decant login -u NAME --password-stdin HOST < FILE',
    });
  }
  const terminal = errorTerminal();
  terminal.write(prompt);
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isSecret) terminal.write(chunk.toString());
      done();
    },
  });
  const lines = createInterface({ input: standardInput(), output, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new DecantError('INTERRUPTED', 'interrupted')));
      lines.once('close', () => reject(new DecantError('INTERRUPTED', 'interrupted')));
    });
  } finally {
    lines.close();
    if (isSecret) terminal.write('\n');
  }
}
