/**
 * Answers as JSON: two spaces, keys in the order of the data, nothing in it that a terminal would obey.
 */

/** One document, without a line feed at the end. Values that are undefined are left out. */
export function formatJson(value: unknown): string {
  return escapeControls(JSON.stringify(value, undefined, 2));
}

/** JSON may carry DEL, the C1 controls and direction marks as they are; a terminal that shows it may not. */
export function escapeControls(json: string): string {
  return json.replaceAll(
    /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}
