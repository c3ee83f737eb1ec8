/**
 * The compact form of a `Packages` index: the fields that anyone here asks for, with tables to find them by. It is
 * written once for each new index (index-build.ts), and read from then on (index-file.ts).
 *
 * The file, numbers being little-endian 32-bit ones:
 *
 *     records        stanzas with the fields of PACKAGE_FIELDS, the description cut to its first line
 *     offsets[n+1]   where each record begins; the last one is where the records end
 *     sums[n]        CRC32 of each record
 *     names          a dictionary: name → its records, the highest version first
 *     provisions     a dictionary: name → the records that provide it
 *     trailer        what the parts' sizes are, and the SHA-256 of all from `offsets` on
 *
 * A dictionary of c keys is: key offsets [c+1], posting offsets [c+1], postings, keys (sorted, one after another).
 * Every part is padded to a multiple of four bytes.
 */

/** Raised with every change of the form, so that older files are made anew. */
export const INDEX_FORMAT = 1;
export const TRAILER_BYTES = 64;
export const INDEX_MAGIC = 0x444e4901;

/** Bytes to the next multiple of four. */
export function padding(size: number): number {
  return (4 - (size % 4)) % 4;
}
