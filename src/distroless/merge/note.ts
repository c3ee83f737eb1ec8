/** What somebody who puts packages together may want to know, though nothing is wrong. */
export interface MergeNote {
  /**
   * `replaced`: a package's file in the place of another's, as Replaces allows; `directory`: packages that disagree
   * about a directory; `link`: a file put where another package's link leads; `diversion`: a package whose scripts
   * divert files of others, which nothing here does; `copyright`: a package whose copyright file is not there.
   */
  readonly kind: 'replaced' | 'directory' | 'link' | 'diversion' | 'copyright';
  /** In tree form, where it is about one. */
  readonly path?: string;
  readonly packages: readonly string[];
  readonly message: string;
}
