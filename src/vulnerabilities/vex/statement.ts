/** What a VEX document says, whichever format it has: that something is, or is not, a matter for some product. */

export type VexStatus = 'not_affected' | 'fixed' | 'affected' | 'under_investigation';

export interface VexStatement {
  /** Numbers and other names of the vulnerability. */
  readonly vulnerabilities: readonly string[];
  readonly status: VexStatus;
  /** Why, as the document says. */
  readonly reason?: string;
  /** Empty where the document speaks of whatever it is used with. */
  readonly products: readonly VexProduct[];
}

export interface VexProduct {
  /** A package URL, of the image or of a package; or some other name, which matches nothing. */
  readonly id: string;
  /** Parts of the product that the statement is about; all of it where there are none. */
  readonly subcomponents: readonly string[];
}
