/**
 * The one place that takes credentials out of text before anybody sees it: the user part of URLs, the secret
 * parameters of signed URLs, and the values of Authorization headers. Everything printed goes through here.
 *
 * A forward scan: a pattern of literal words finds the places to look at and every character behind them is
 * looked at a bounded number of times, so a hostile text cannot make it slow.
 */

const HIDDEN = '***';

/** The same text with `***` where a credential stood. */
export function redact(text: string): string {
  const landmarks = /:\/\/|authorization|bearer|basic|[?&]/gi;
  const words: WordScan = { end: 0, lastAt: -1 };
  let result = '';
  let copied = 0;
  for (let match = landmarks.exec(text); match !== null; match = landmarks.exec(text)) {
    const secret = secretAt(text, match.index, match[0], words);
    if (secret === undefined) continue;
    result += text.slice(copied, secret.start) + HIDDEN;
    copied = secret.end;
    landmarks.lastIndex = Math.max(secret.end, match.index + match[0].length);
  }
  return copied === 0 ? text : result + text.slice(copied);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is known of the word (text without spaces or quotes) being scanned, so that it is scanned once. */
interface WordScan {
  end: number;
  lastAt: number;
}

function secretAt(text: string, index: number, landmark: string, words: WordScan): Range | undefined {
  const after = index + landmark.length;
  if (landmark === '://') return userInfo(text, after, words);
  if (landmark === '?' || landmark === '&') return secretParameter(text, after);
  if (landmark.toLowerCase() === 'authorization') return headerValue(text, after);
  if (isWordCharacter(text.charCodeAt(index - 1))) return undefined;
  return schemeValue(text, after, landmark.toLowerCase());
}

function userInfo(text: string, start: number, words: WordScan): Range | undefined {
  if (start > words.end) scanWord(text, start, words);
  let end = start;
  let at = -1;
  let colon = -1;
  for (; end < words.end; end += 1) {
    const character = text[end];
    if (character === '/' || character === '?' || character === '#') break;
    if (character === '@') at = end;
    if (character === ':' && colon < 0) colon = end;
  }
  // `docker-image://alpine:3.20@sha256:…` is a name with a digest, not a user with a host.
  if (at > start)
    return text.startsWith('sha', at + 1) && text[at + 7] === ':' ? undefined : { start, end: at };
  // A password with a slash that should have been escaped: the first part does not look like `host:port`.
  const isPort = colon >= 0 && isDigits(text, colon + 1, end);
  if (colon > start && !isPort && words.lastAt > end) return { start, end: words.lastAt };
  return undefined;
}

function scanWord(text: string, start: number, words: WordScan): void {
  words.lastAt = -1;
  let at = start;
  for (; at < text.length && !endsWord(text.charCodeAt(at)); at += 1) if (text[at] === '@') words.lastAt = at;
  words.end = at;
}

const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'token',
  'access_token',
  'refresh_token',
  'password',
  'secret',
  'sig',
  'signature',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'x-goog-signature',
  'x-goog-credential',
]);
const LONGEST_PARAMETER = 20;

function secretParameter(text: string, start: number): Range | undefined {
  const equals = start + text.slice(start, start + LONGEST_PARAMETER + 1).indexOf('=');
  if (equals < start || !SECRET_PARAMETERS.has(text.slice(start, equals).toLowerCase())) return undefined;
  let end = equals + 1;
  while (end < text.length && text[end] !== '&' && text[end] !== '#' && !endsWord(text.charCodeAt(end)))
    end += 1;
  return end > equals + 1 ? { start: equals + 1, end } : undefined;
}

/** `Authorization: Basic …`, `"authorization":"…"`: the value up to the end of the line or of the quotation. */
function headerValue(text: string, after: number): Range | undefined {
  let start = skip(text, after, ' \t"\'');
  if (text[start] !== ':' && text[start] !== '=') return undefined;
  start = skip(text, start + 1, ' \t"\'');
  let end = start;
  while (end < text.length && !'\r\n"\'`'.includes(text.charAt(end))) end += 1;
  return end > start ? { start, end } : undefined;
}

// Words that follow "bearer" in messages and challenges. Anything else is taken for a token.
const NOT_TOKENS: ReadonlySet<string> = new Set([
  'token',
  'tokens',
  'realm',
  'auth',
  'authentication',
  'scheme',
  'challenge',
  'is',
  'was',
  'and',
  'or',
]);

function schemeValue(text: string, after: number, scheme: string): Range | undefined {
  const start = skip(text, after, ' \t');
  if (start === after) return undefined;
  let end = start;
  while (end < text.length && isTokenCharacter(text.charCodeAt(end))) end += 1;
  const value = text.slice(start, end);
  const isSecret =
    scheme === 'basic' ? isBasicValue(value) : value !== '' && !NOT_TOKENS.has(beforeEquals(value));
  return isSecret ? { start, end } : undefined;
}

/** RFC 7617: base64 of `user:password`. "basic" alone is a word of every other sentence. */
function isBasicValue(value: string): boolean {
  return value.length >= 4 && Buffer.from(value.slice(0, 4096), 'base64').includes(0x3a);
}

function beforeEquals(value: string): string {
  return value.slice(0, 16).toLowerCase().split('=', 1)[0] ?? '';
}

function skip(text: string, from: number, characters: string): number {
  let at = from;
  while (at < text.length && characters.includes(text.charAt(at))) at += 1;
  return at;
}

function isDigits(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (!inRange(text.charCodeAt(at), 0x30, 0x39)) return false;
  return true;
}

function endsWord(code: number): boolean {
  return code <= 0x20 || code === 0x22 || code === 0x27 || code === 0x60 || code === 0x3c || code === 0x3e;
}

function isWordCharacter(code: number): boolean {
  return inRange(code, 0x30, 0x39) || inRange(code, 0x41, 0x5a) || inRange(code, 0x61, 0x7a) || code === 0x5f;
}

/** token68 of RFC 7235. */
function isTokenCharacter(code: number): boolean {
  return isWordCharacter(code) || '-.~+/='.includes(String.fromCharCode(code));
}

function inRange(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
