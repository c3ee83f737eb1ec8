/** What a process is given that depends on the image it runs in: its user, its variables, certificates lent to it. */
import { lendCertificates } from '../../sandbox/certificates.ts';
import { resolveUser } from '../../sandbox/users.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { resolvePath } from '../../tree/tree.ts';
import type { Tree } from '../../tree/tree.ts';
import { readFile, readText } from './text-file.ts';

export interface SurroundingsRequest {
  readonly open: OpenContent;
  /** As USER has it; '' is root. */
  readonly user: string;
  /** Wins over what is set here. */
  readonly env: Readonly<Record<string, string>>;
  readonly certificates?: Uint8Array | undefined;
}

/** @throws DecantError USER_UNKNOWN */
export async function surroundings(tree: Tree, { open, user: spec, env, certificates }: SurroundingsRequest) {
  const [passwd, group] = await Promise.all([
    readText({ open }, tree, 'etc/passwd'),
    readText({ open }, tree, 'etc/group'),
  ]);
  const user = resolveUser(spec, passwd, group);
  const image = { lookup: tree.get, resolve: (path: string) => resolvePath(tree, path) };
  const lent =
    certificates && (await lendCertificates(certificates, image, (file) => readFile({ open }, file)));
  return {
    user,
    image,
    env: { HOME: user.home ?? '/', ...lent?.env, ...env },
    ...(lent ? { mounts: lent.mounts, lent: lent.lent } : {}),
  };
}
