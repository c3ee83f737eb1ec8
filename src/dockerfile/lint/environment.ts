/**
 * The variables of a stage. A stage on another one begins with all of that one's, and files have thousands of both: they
 * are shared until one of the two sets something.
 */
export interface Environment {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
  names(): readonly string[];
  /** One that begins with the same variables. */
  fork(): Environment;
}

export function createEnvironment(start: ReadonlyMap<string, string> = new Map()): Environment {
  let values = start;
  let own: Map<string, string> | undefined;
  const mine = (): Map<string, string> => {
    own ??= new Map(values);
    values = own;
    return own;
  };
  return {
    get: (name) => values.get(name),
    set(name, value) {
      if (values.get(name) !== value) mine().set(name, value);
    },
    delete(name) {
      if (values.has(name)) mine().delete(name);
    },
    names: () => [...values.keys()],
    fork() {
      // What was handed out stays as it is.
      own = undefined;
      return createEnvironment(values);
    },
  };
}
