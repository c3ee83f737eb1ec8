/** `decant run` */
import { DecantError } from '../../errors.ts';
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import { runImage } from '../../engine/embedded/run-image.ts';
import { loadCertificates } from '../certificates.ts';
import { parseAssignments } from '../flags.ts';
import { passSignals } from '../interrupt.ts';
import { environment, standardInput, standardOutput } from '../io.ts';
import { privileges, runInUserNamespace } from '../privileges.ts';
import { withStore } from '../store.ts';

interface Flags {
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly entrypoint?: string;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly readOnly?: boolean;
  readonly hostname?: string;
  readonly network: 'host' | 'none';
  readonly caCertificates?: string;
}

/** What the system takes (sethostname(2)) and /etc/hosts can hold. */
const HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$/;

export async function command(name: string, args: readonly string[], flags: Flags): Promise<number> {
  const may = privileges();
  const env = parseAssignments(flags.env, '--env', environment);
  const certificates =
    flags.caCertificates === undefined ? undefined : loadCertificates(flags.caCertificates);
  if (flags.tty && !(standardInput().isTTY && standardOutput().isTTY)) {
    throw new DecantError('USAGE', 'there is no terminal to give to the container', { hint: 'leave out -t' });
  }
  if (flags.workdir !== undefined && !flags.workdir.startsWith('/')) {
    throw new DecantError('USAGE', `--workdir "${flags.workdir}" is not an absolute path`, {
      hint: `write --workdir "/${flags.workdir}"`,
    });
  }
  if (flags.hostname !== undefined && !HOSTNAME.test(flags.hostname)) {
    throw new DecantError('USAGE', `--hostname "${flags.hostname}" is not a host name`, {
      hint: 'a host name has at most 63 letters, digits, dots and hyphens',
    });
  }
  const stop = new AbortController();
  let stopPassing = (): void => {};
  try {
    return await withStore(async (store) => {
      const { image } = await store.images.load(await store.images.get(name));
      const { Entrypoint = [], Cmd = [] } = image.config.config ?? {};
      const entrypoint =
        flags.entrypoint === undefined ? Entrypoint : flags.entrypoint === '' ? [] : [flags.entrypoint];
      // What follows the name belongs to the program, but for a `--` that says so.
      const given = args[0] === '--' ? args.slice(1) : args;
      // An entry point given here means the image's own arguments are not for it.
      const rest = given.length > 0 || flags.entrypoint !== undefined ? given : Cmd;
      const argv = [...entrypoint, ...rest];
      if (argv.length === 0) {
        throw new DecantError('USAGE', `the image ${name} has no command to run`, {
          hint: `write: decant run ${name} COMMAND`,
        });
      }
      if (flags.tty) env.set('TERM', env.get('TERM') ?? environment('TERM') ?? 'xterm');
      const release = await store.use();
      try {
        const { status } = await runImage(
          {
            store,
            image,
            privileges: may,
            args: argv,
            env,
            user: flags.user,
            cwd: flags.workdir,
            hostname: flags.hostname ?? 'decant',
            network: flags.network,
            readOnly: flags.readOnly ?? false,
            certificates,
            stdio: 'inherit',
            terminal: flags.tty ?? false,
            signal: stop.signal,
          },
          { onStart: (kill) => (stopPassing = passSignals(kill)) },
        );
        return status;
      } finally {
        release();
      }
    });
  } catch (error) {
    if (error instanceof NamespaceNeeded) return runInUserNamespace();
    throw error;
  } finally {
    stopPassing();
  }
}
