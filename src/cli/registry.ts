/**
 * Registries for commands: opened when the first is needed, with the progress of what they transfer. A command that shows
 * no progress itself shows it while something comes that was left in a registry.
 */
import type { Emit } from '../events.ts';
import type { Session } from '../registry/protocol/session.ts';
import type { Supply } from '../store/blobs.ts';
import { allEnvironment, errorTerminal } from './io.ts';
import { createProgress } from './progress/progress.ts';

export interface RegistryAccess {
  readonly session: () => Promise<Session>;
  /** For the store: gets what was left in a registry. */
  readonly supply: Supply;
  readonly close: () => Promise<void>;
}

export interface RegistryAccessOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where progress goes; without it, it is shown while it lasts. */
  readonly emit?: Emit | undefined;
}

export function registryAccess({ signal, emit }: RegistryAccessOptions = {}): RegistryAccess {
  let opened: Promise<Session> | undefined;
  const session = (): Promise<Session> =>
    (opened ??= import('../registry/registry.ts').then(({ openRegistries }) =>
      openRegistries({ environment: allEnvironment(), signal }),
    ));
  const shown = emit === undefined ? ownProgress() : undefined;
  return {
    session,
    supply: async (origin, put) => {
      const { supplyFrom } = await import('../registry/fetch-blob.ts');
      const done = shown?.begin();
      try {
        await supplyFrom(await session(), emit ?? shown?.emit ?? (() => {}))(origin, put);
      } finally {
        done?.();
      }
    },
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

/** A display that is there while something is under way, and gone before a program of the container takes the terminal. */
function ownProgress() {
  let progress: ReturnType<typeof createProgress> | undefined;
  let running = 0;
  return {
    emit: ((event): void => progress?.emit(event)) satisfies Emit,
    begin: (): (() => void) => {
      running += 1;
      progress ??= createProgress('auto', errorTerminal());
      return () => {
        running -= 1;
        if (running > 0) return;
        progress?.close();
        progress = undefined;
      };
    },
  };
}
