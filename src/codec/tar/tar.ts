/** The tar codec's entry points; the folder's other files are its parts. */
export type { TarHeader, TarType } from './header.ts';
export { readTar, type ReadTarOptions, type TarMember } from './read.ts';
export { encodeTarHeader, type EncodeTarOptions, TAR_END, type TarHeaderInput, tarPadding } from './write.ts';
