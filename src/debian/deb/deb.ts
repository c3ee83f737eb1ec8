/** What a binary package holds (deb(5), deb-control(5)), as values. */
import type { Layer } from '../../tree/entry.ts';
import type { Fields } from '../../codec/control.ts';

export interface Deb {
  readonly name: string;
  readonly version: string;
  /** `amd64`, …, or `all`. */
  readonly architecture: string;
  readonly control: Fields;
  /** The control file as it stands in the package, byte for byte. */
  readonly controlText: string;
  /** What the package says of its files: MD5 in hexadecimal, and the path in tree form. */
  readonly md5sums: readonly Md5Sum[];
  /** Paths in tree form. */
  readonly conffiles: readonly string[];
  /** preinst, postinst, prerm, postrm and config, those that there are, as text. */
  readonly scripts: ReadonlyMap<string, string>;
  /** The triggers file (deb-triggers(5)), or ''. */
  readonly triggers: string;
  /** Every file of control.tar by its name, these among them. */
  readonly controlFiles: ReadonlyMap<string, Uint8Array>;
  /**
   * What the package installs, exactly as data.tar has it: contents are parts of the unpacked data.tar, which is a
   * temporary file.
   */
  readonly layer: Layer;
}

export interface Md5Sum {
  readonly digest: string;
  readonly path: string;
}
