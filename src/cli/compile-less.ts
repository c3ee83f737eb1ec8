/**
 * V8 compiles what runs often a second time, thoroughly and on other cores. To compose a base takes two or three seconds in
 * which threads and programs want all cores anyway, and that compiling takes more of them than it saves. So a function
 * has to run some fifteen times as much before it is worth it. From Node 22 on a quick compiler comes in between, the
 * thorough one sees little, and V8 has no such flag.
 */
import { setFlagsFromString } from 'node:v8';

export function compileLess(): void {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=1000000');
}
