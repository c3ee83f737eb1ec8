/** A build context from elsewhere: a git repository, or an archive or Dockerfile at a URL. Loaded when one is named. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { GitReference } from '../dockerfile/git-reference.ts';
import { parseGitReference } from '../dockerfile/git-reference.ts';
import { checkOut, findCommit, gitIdentity } from '../engine/remote/git-source.ts';
import { gitTree } from '../engine/remote/git-tree.ts';
import { fetchFile } from '../engine/remote/http-source.ts';
import { DecantError } from '../errors.ts';
import { digestHex } from '../oci/digest.ts';
import { displayAddress } from '../net/address.ts';
import { cleanPath } from '../tree/path.ts';
import type { Tree } from '../tree/tree.ts';
import { resolvePath } from '../tree/tree.ts';
import type { BuildInput, InputOptions } from './build-input.ts';
import { readArchived, textOf } from './build-input.ts';

/** @throws DecantError CONTEXT_INVALID, DOCKERFILE_MISSING, GIT_FAILED, NETWORK, … */
export async function readRemote(
  context: string,
  file: string | undefined,
  options: InputOptions,
): Promise<BuildInput> {
  const reference = parseGitReference(
    context.replace(/^github\.com\/([^#?]*?)(?:\.git)?(?=[#?]|$)/, 'https://github.com/$1.git'),
  );
  if (reference) return readRepository(reference, file, options);
  if (!/^https?:\/\//i.test(context)) {
    throw new DecantError(
      'CONTEXT_INVALID',
      `the build context "${displayAddress(context)}" is of no kind that is known`,
      {
        hint: 'give a directory, an address of a git repository (ending in .git) or of a tar archive, or -',
      },
    );
  }
  const { digest } = await fetchFile(context, undefined, options);
  const bytes = createReadStream(options.store.blobs.path(digest)) as AsyncIterable<Buffer>;
  const input = await readArchived(bytes, file, options, `what is at ${displayAddress(context)}`);
  const origin = { uri: displayAddress(context), digest: { sha256: digestHex(digest) } };
  return { ...input, origin };
}

async function readRepository(
  given: GitReference,
  file: string | undefined,
  { temporary, signal, keepGitDir }: InputOptions,
): Promise<BuildInput> {
  const reference = keepGitDir ? { ...given, keepGitDir } : given;
  const commit = await findCommit(reference, signal);
  const checkout = await checkOut(reference, commit, join(await temporary(), 'context'), signal);
  const { directory, keepGitDir: keeps = false, commitTimes = false } = reference;
  const tree = gitTree(checkout, { directory, keepGitDir: keeps, commitTimes });
  if (!tree) throw new DecantError('CONTEXT_MISSING', `the git repository has no directory "${directory}"`);
  for (const name of file === undefined ? ['Dockerfile', 'dockerfile'] : [file]) {
    const source = await textIn(tree, name);
    // As with every context that is no directory of this machine, BuildKit reads no ignore file here.
    if (source !== undefined) {
      const origin = gitIdentity(reference, commit);
      return { source, file: name, context: { files: tree }, time: checkout.time, origin };
    }
  }
  throw new DecantError(
    'DOCKERFILE_MISSING',
    `there is no Dockerfile "${file ?? 'Dockerfile'}" in the git repository`,
    {
      hint: 'name it with -f FILE, relative to the context; the directory of the context stands after # and :',
    },
  );
}

async function textIn(tree: Tree, name: string): Promise<string | undefined> {
  const node = tree.get(resolvePath(tree, cleanPath(name)));
  if (node?.type !== 'file' || node.content.kind !== 'file') return undefined;
  return textOf(createReadStream(node.content.path) as AsyncIterable<Buffer>, `"${name}"`);
}
