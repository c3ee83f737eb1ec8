/** What is known of an application once it was read. */
import type { Elf } from '../../codec/elf.ts';
import type { Machine } from './machine.ts';

/** An executable or a library. */
export interface NativeObject {
  /** In the tree; `app.jar!/native/libx.so` for what is in an archive. */
  readonly path: string;
  readonly elf: Elf;
  /** It is started, not loaded by another. */
  readonly executable: boolean;
  /** Strings found in it that tell of files it opens or symbols whose use loads a library (native.ts). */
  readonly marks: readonly string[];
}

export type Language = 'python' | 'node' | 'java' | 'ruby' | 'perl' | 'php';

/** A runtime that something asks for. */
export interface RuntimeNeed {
  readonly language: Language;
  /** Which versions will do, as text that `satisfies` reads: `3.11.*`, `>=18`. Absent where any will. */
  readonly versions?: string;
  readonly path: string;
  /** `is compiled for Python 3.11`. */
  readonly reason: string;
  /** Only a file's name tells, as of a source among others: it counts where there is no program beside it. */
  readonly weak?: boolean;
}

/** A program that the first line of a script names. */
export interface ScriptNeed {
  readonly path: string;
  /** Absolute. */
  readonly interpreter: string;
}

/** A library that is loaded by its name at run time, known from the table in dlopened.ts. */
export interface NamedNeed {
  /** Any one of these will do: the name has a version that depends on the release. */
  readonly anyOf: readonly string[];
  readonly path: string;
  readonly reason: string;
}

export interface ApplicationFacts {
  /** The processor it is for; undefined where nothing in it says. */
  readonly machine?: Machine;
  /** Of that processor. Every ELF file, by its path. */
  readonly objects: ReadonlyMap<string, NativeObject>;
  readonly runtimes: readonly RuntimeNeed[];
  readonly scripts: readonly ScriptNeed[];
  readonly named: readonly NamedNeed[];
  /** Folders that Python modules are found in, such as `site-packages`. */
  readonly pythonFolders: readonly string[];
  /** What was set aside, and why. */
  readonly notes: readonly string[];
}
