/** JSON from outside, looked at with care. */

export type Json = Readonly<Record<string, unknown>>;

export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The objects of a list. */
export function list(value: unknown): readonly Json[] {
  return Array.isArray(value)
    ? (value as readonly unknown[]).map(object).filter((one) => one !== undefined)
    : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
