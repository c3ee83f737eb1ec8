/**
 * Starts the program from what V8 once compiled of it (`npm run build` keeps that beside it), because compiling is most
 * of the time that a short command takes. V8 takes nothing that another version of it, or other flags, made; then the
 * program is compiled as ever, only later.
 */
import { isAscii } from 'node:buffer';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

const PROGRAM = join(__dirname, '../program/program.cjs');
export const COMPILED = join(__dirname, 'program.v8');

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: Module,
  file: string,
  folder: string,
) => void;

/** @returns what V8 has of the program: the more of it has run, the more is compiled. */
export function start(): Script {
  const cachedData = readCompiled();
  const script = new Script(Module.wrap(readProgram()), { filename: PROGRAM, cachedData });
  const require = requireLater(createRequire(PROGRAM));
  const module = new Module(PROGRAM);
  // The bundle's other files find it here when they ask for it.
  require.cache[PROGRAM] = module;
  (script.runInThisContext() as Wrapped)(module.exports, require, module, PROGRAM, dirname(PROGRAM));
  module.loaded = true;
  return script;
}

/** Parts of Node that a build which is all cached never calls: they take longer to load than its layers to look up. */
const LATER = new Set(
  ['child_process', 'fs/promises', 'net', 'stream/promises', 'worker_threads', 'zlib'].map(
    (name) => `node:${name}`,
  ),
);

/** @returns what loads these when something of them is first asked for. */
function requireLater(require: NodeJS.Require): NodeJS.Require {
  const later = (name: string): unknown =>
    LATER.has(name)
      ? new Proxy({}, { get: (_, key) => (require(name) as Record<PropertyKey, unknown>)[key] })
      : require(name);
  return Object.assign(later, require);
}

/** As plain ASCII, which the build makes it, text is made of bytes in a fraction of the time. */
function readProgram(): string {
  const bytes = readFileSync(PROGRAM);
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

function readCompiled(): Buffer | undefined {
  try {
    return readFileSync(COMPILED);
  } catch {
    return undefined;
  }
}
