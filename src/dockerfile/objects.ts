/**
 * Putting objects together. `Object.assign` onto a new object where one would write `{ ...common, kind }`: in Node 20 a
 * spread with properties after it takes 5 to 10 µs, several times what the rest of an instruction takes.
 */

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Only the properties that have a value. */
export function given<T extends object>(fields: T): Given<T> {
  const result: Given<T> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value !== undefined) result[key] = value as Exclude<T[keyof T], undefined>;
  }
  return result;
}
