/**
 * New objects get memory of their own from V8, which it doubles, up to 32 MB, whenever many of them are still wanted at a
 * sweep, and rarely gives back. Reading indexes and merging packages does that, and what follows, compressing, needs none of
 * it. Where memory has a bound, what is there already has to do: sweeps are more frequent and each is shorter.
 */
import { setFlagsFromString } from 'node:v8';

export function keepYoungMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
