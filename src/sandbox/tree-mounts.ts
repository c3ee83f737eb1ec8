/**
 * Bound trees: each is an overlay of its own beside the root's, mounted in the private directory, and what is seen in
 * the sandbox is a bind mount of a part of that. Layers are never written to: where a mount may be written to, what is
 * written goes to a directory that ends with the run.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepareOverlay } from './layout.ts';
import type { Overlay } from './layout.ts';
import type { Mount, MountPoints } from './mounts.ts';

type PlainMount = Exclude<Mount, { readonly type: 'tree' }>;

/** The same mounts, those of trees as binds of what is going to be mounted. */
export function mountTrees(
  scratch: string,
  { mounts, stubsOf }: MountPoints,
  userNamespace: boolean,
): { readonly mounts: readonly PlainMount[]; readonly overlays: readonly Overlay[] } {
  const overlays: Overlay[] = [];
  const plain = mounts.map((mount): PlainMount => {
    if (mount.type !== 'tree') return mount;
    const name = `tree${overlays.length}`;
    const [upper, work] = mount.readOnly
      ? []
      : ['written', 'work'].map((part) => join(scratch, `${name}-${part}`));
    for (const folder of [upper, work]) if (folder !== undefined) mkdirSync(folder);
    const { lowers, image, source, target, directory, readOnly } = mount;
    const overlay = prepareOverlay(
      scratch,
      { lowers, upper, work, stubs: stubsOf.get(mount) ?? [], rootEntry: image.lookup(''), userNamespace },
      name,
    );
    overlays.push(overlay);
    const path = join(scratch, overlay.point);
    return { type: 'bind', source: source === '' ? path : `${path}/${source}`, directory, target, readOnly };
  });
  return { mounts: plain, overlays };
}
