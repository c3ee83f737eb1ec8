/**
 * How far an archive from outside may grow when it is decompressed. One byte of gzip becomes at most 1032 (RFC 1951: 258
 * bytes for two bits), so nothing that gzip made is refused for its ratio; the other formats make tens of thousands out
 * of one, and an archive as a whole that does is made to fill a disk.
 */
export const ARCHIVE_LIMITS = { maxBytes: 256 * 1024 ** 3, maxRatio: 1100 } as const;
