/** `decant rmi` */
import { DecantError } from '../../errors.ts';
import { print } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(images: readonly string[], flags: { readonly force?: boolean }): Promise<void> {
  await withStore(async (store) => {
    for (const image of images) {
      try {
        const { untagged, deleted } = await store.removeImage(image);
        for (const name of untagged) print(`untagged ${name}`);
        if (deleted !== undefined) print(`deleted ${deleted}`);
      } catch (error) {
        if (!(flags.force && error instanceof DecantError && error.code === 'IMAGE_UNKNOWN')) throw error;
      }
    }
  });
}
