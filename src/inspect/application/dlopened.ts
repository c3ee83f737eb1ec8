/**
 * Libraries that are loaded by name at run time, which no header says: those known of widely used programs and of the
 * C library itself. One row for each, with what tells that it is used and what happens without it.
 */
import type { NamedNeed } from './facts.ts';

interface Row {
  /** A symbol that a dynamically linked program asks the C library for. */
  readonly symbol?: string;
  /** The file's name. */
  readonly file?: string;
  /** A Python distribution, as its `.dist-info` folder names it. */
  readonly distribution?: string;
  /** Each is needed; of those in one list any one. */
  readonly libraries: readonly (readonly string[])[];
  readonly reason: string;
}

const ENDS_THREAD = 'calls a function that ends a thread, for which the C library loads libgcc_s.so.1';
const ICU = ['72', '76'];

const ROWS: readonly Row[] = [
  { symbol: 'pthread_exit', libraries: [['libgcc_s.so.1']], reason: ENDS_THREAD },
  { symbol: 'pthread_cancel', libraries: [['libgcc_s.so.1']], reason: ENDS_THREAD },
  {
    symbol: 'backtrace',
    libraries: [['libgcc_s.so.1']],
    reason: 'prints backtraces, for which the C library loads libgcc_s.so.1',
  },
  {
    file: 'libSystem.Globalization.Native.so',
    libraries: ['libicuuc', 'libicui18n'].map((name) => ICU.map((version) => `${name}.so.${version}`)),
    reason: '.NET loads ICU unless DOTNET_SYSTEM_GLOBALIZATION_INVARIANT is set',
  },
  {
    file: 'libSystem.Security.Cryptography.Native.OpenSsl.so',
    libraries: [['libssl.so.3']],
    reason: '.NET loads OpenSSL for cryptography',
  },
  {
    distribution: 'python_magic',
    libraries: [['libmagic.so.1']],
    reason: 'python-magic loads it with ctypes',
  },
  {
    distribution: 'weasyprint',
    libraries: [['libpango-1.0.so.0'], ['libpangoft2-1.0.so.0'], ['libharfbuzz-subset.so.0']],
    reason: 'WeasyPrint loads it with cffi',
  },
  { distribution: 'cairocffi', libraries: [['libcairo.so.2']], reason: 'cairocffi loads it with cffi' },
  { distribution: 'pyzbar', libraries: [['libzbar.so.0']], reason: 'pyzbar loads it with ctypes' },
];

/** Symbols that are looked for in programs. */
export const LOADING_SYMBOLS: readonly string[] = ROWS.flatMap(({ symbol }) => symbol ?? []);

/** A file by its name, a program by its symbols, or a distribution. */
export interface Seen {
  readonly path: string;
  readonly symbols?: readonly string[];
  readonly distribution?: string;
}

/** What is loaded by name, going by one file or folder. */
export function namedNeeds({ path, symbols, distribution }: Seen): readonly NamedNeed[] {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const rows = ROWS.filter(
    (row) =>
      (row.symbol !== undefined && symbols?.includes(row.symbol)) ||
      (row.file === file && symbols === undefined && distribution === undefined) ||
      (row.distribution !== undefined && row.distribution === distribution),
  );
  return rows.flatMap(({ libraries, reason }) => libraries.map((anyOf) => ({ anyOf, path, reason })));
}
