/** `decant find` */
import { encodePath } from '../../codec/path.ts';
import { DecantError } from '../../errors.ts';
import { find, parseFind } from '../../inspect/files/find.ts';
import { imageFiles } from '../../inspect/files/image-files.ts';
import { fileJson, formatListing } from '../../report/files/listing.ts';
import { shownName } from '../../report/text/name.ts';
import { formatJson } from '../../report/text/json.ts';
import { withImage } from '../image-input.ts';
import { print, standardOutput, textOptions } from '../io.ts';

interface Flags {
  readonly platform?: string;
  readonly format: 'text' | 'json';
}

export async function command(image: string, words: readonly string[], before: Flags): Promise<void> {
  const { flags, rest } = ownFlags(words, before);
  const request = parseFind(rest);
  await withImage(image, flags.platform, async (view) => {
    const files = await imageFiles(view);
    const found = [...find(files, request)];
    const { zero, long } = request.expression;
    if (flags.format === 'json') print(formatJson(found.map((node) => fileJson(node, files))));
    else if (long) print(formatListing(found, files, { ...textOptions(), paths: true }));
    else {
      const isShown = standardOutput().isTTY && !zero;
      // A program that reads names needs them as they are; a terminal would obey what is in them.
      if (isShown) print(found.map(({ path }) => shownName(`/${path}`)).join('\n'));
      else {
        const end = Buffer.from(zero ? '\0' : '\n');
        standardOutput().write(Buffer.concat(found.flatMap(({ path }) => [encodePath(`/${path}`), end])));
      }
    }
  });
}

/** decant's own flags may also stand behind the image, among the words of the expression. */
function ownFlags(
  words: readonly string[],
  before: Flags,
): { readonly flags: Flags; readonly rest: readonly string[] } {
  let flags = before;
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, name, given] = /^--(format|platform)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      if (word.startsWith('--')) throw new DecantError('USAGE', `decant find has no flag ${word}`);
      rest.push(word);
      continue;
    }
    const value = given ?? words[++at];
    if (value === undefined) throw new DecantError('USAGE', `--${name} lacks its argument`);
    if (name === 'format' && value !== 'text' && value !== 'json')
      throw new DecantError('USAGE', `--format "${value}" is neither text nor json`);
    flags =
      name === 'format' ? { ...flags, format: value as 'text' | 'json' } : { ...flags, platform: value };
  }
  return { flags, rest };
}
