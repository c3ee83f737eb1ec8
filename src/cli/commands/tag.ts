/** `decant tag` */
import { withStore } from '../store.ts';

export async function command(image: string, names: readonly string[]): Promise<void> {
  await withStore(async (store) => {
    const { descriptor } = await store.images.get(image);
    await store.images.tag(names, descriptor);
  });
}
