/** The tags of a repository, page after page (OCI distribution-spec, "Listing Tags"). */
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { Repository } from '../config/registries.ts';
import { repositoryName } from '../config/registries.ts';
import { pullScope } from './manifests.ts';
import { nextPage } from './pages.ts';
import type { Session } from './session.ts';
import { accept } from './session.ts';

const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const PAGE = 1000;
const MAX_PAGES = 10_000;

/** In the registry's order, which is alphabetical as a rule. Throws IMAGE_UNKNOWN, NETWORK, REGISTRY_DENIED. */
export async function* listTags(session: Session, repository: Repository): AsyncGenerator<string> {
  const place = session.options.registries.ownPlace(repository);
  const doing = `list the tags of ${repositoryName(repository)}`;
  let target: string | URL | undefined = `${place.path}/tags/list?n=${PAGE}`;
  for (let pages = 0; target !== undefined; pages += 1) {
    if (pages >= MAX_PAGES) throw new DecantError('NETWORK', `cannot ${doing}: the list does not end`);
    const answer = await session.send(place, { method: 'GET', target, scopes: [pullScope(place)] }, doing);
    const response = await accept(answer, [200], doing, place);
    const bytes = await collect(response.body as AsyncIterable<Buffer>, MAX_PAGE_BYTES);
    const tags = parse(bytes);
    if (!tags) throw new DecantError('NETWORK', `cannot ${doing}: the answer makes no sense`);
    yield* tags;
    target = nextPage(response, answer.url);
  }
}

/** `{"name":…,"tags":[…]}`; a repository without tags may say null. */
function parse(bytes: Buffer): readonly string[] | undefined {
  try {
    const { tags } = JSON.parse(bytes.toString('utf8')) as { readonly tags?: unknown };
    if (tags === null || tags === undefined) return [];
    return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined;
  } catch {
    return undefined;
  }
}
