/** `decant tags ls` */
import { DecantError } from '../../errors.ts';
import { familiar, familiarRepository, parseReference } from '../../oci/reference.ts';
import { listTags } from '../../registry/protocol/tags.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatJson } from '../../report/text/json.ts';
import { print } from '../io.ts';
import { withMeans } from '../means.ts';

export async function command(
  repository: string,
  flags: { readonly format: 'text' | 'json' },
): Promise<void> {
  const reference = parseReference(repository.replace(/^docker:\/\//, ''));
  const name = familiarRepository(reference);
  if (familiar(reference) !== name) {
    throw new DecantError('USAGE', `${repository} is one image of a repository`, {
      hint: `write: decant tags ls ${name}`,
    });
  }
  const tags = await withMeans('quiet', async (means) => {
    const found: string[] = [];
    for await (const tag of listTags(await means.session(), reference)) found.push(tag);
    return found;
  });
  print(flags.format === 'json' ? formatJson({ repository: name, tags }) : tags.map(cleanLine).join('\n'));
}
