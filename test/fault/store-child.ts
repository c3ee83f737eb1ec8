// What the store's fault tests run in processes of their own, which then die. Arguments: what to do, the store, a name.
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { openStore, type Store } from '../../src/store/store.ts';
import { chunks, putImage, tarOf } from '../../src/store/testing.ts';

const [task = '', root = '', name = ''] = process.argv.slice(2);
const store = await openStore(root);
const tasks: Readonly<Record<string, () => Promise<void>>> = { write, tag, lock, closed, full };
await tasks[task]?.();

/** Does everything a build does to the store, over and over, until it is killed. */
async function write(): Promise<void> {
  for (let round = 0; ; round += 1) {
    const text = `${name} ${round} ${'x'.repeat(round * 1000)}`;
    const release = await store.use();
    const { descriptor } = await putImage(store, text);
    const slot = await store.layers.create();
    for (const file of ['a', 'b', 'c']) writeFileSync(join(slot.path, 'fs', file), text);
    writeFileSync(join(slot.path, 'index'), text);
    const id = `${name}-${round}`;
    await slot.publish(id);
    await store.cache.put('step', id, { text }, { layers: [id] });
    await store.images.tag([`app-${round % 5}`, `${name}:${round}`], descriptor);
    release();
    await store.importLayout(chunks(await archiveOf(store, `${name}:${round}`)));
    if (round % 3 === 2) await store.removeImage(`${name}:${round}`);
    // Says STORE_BUSY while another process is writing, which is right.
    if (round % 4 === 3) await store.prune({ olderThan: 0 }).catch(() => undefined);
    process.stdout.write('.');
  }
}

async function archiveOf(from: Store, image: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of from.exportLayout([image], { type: 'docker-archive' })) parts.push(part);
  return Buffer.concat(parts);
}

async function tag(): Promise<void> {
  const { descriptor } = await putImage(store, name);
  for (let count = 0; count < 25; count += 1) await store.images.tag([`${name}:${count}`], descriptor);
}

/** Enters a room for one, many times; dies in it every now and then. */
async function lock(): Promise<void> {
  const inside = join(root, '..', 'inside');
  for (let round = 0; round < 40; round += 1) {
    const release = await store.locks.acquire('room');
    try {
      writeFileSync(inside, String(process.pid), { flag: 'wx' });
    } catch {
      const other = Number(readFileSync(inside, 'utf8'));
      if (isRunning(other)) appendFileSync(join(root, '..', 'violations'), `${process.pid} met ${other}\n`);
      rmSync(inside, { force: true });
      writeFileSync(inside, String(process.pid));
    }
    appendFileSync(join(root, '..', 'visits'), `${name}\n`);
    if (round % 10 === 9 && Math.random() < 0.4) process.kill(process.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    rmSync(inside);
    release();
  }
}

function isRunning(pid: number): boolean {
  try {
    // A process that was killed and not yet waited for is a zombie: dead, and still there.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Removes a layer with directories that deny even their owner. */
async function closed(): Promise<void> {
  const slot = await store.layers.create();
  const deep = join(slot.path, 'fs/closed/inner');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'file'), tarOf({}));
  chmodSync(deep, 0o000);
  chmodSync(join(deep, '..'), 0o500);
  await slot.publish('closed');
  await store.layers.remove('closed');
  await store.close();
}

/** Stores more than the disk takes, and says how that ended and what is left. */
async function full(): Promise<void> {
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let part = 0; part < 64; part += 1) yield Buffer.alloc(256 * 1024, part);
  }
  const failure: unknown = await store.blobs.put(large()).catch((error: unknown) => error);
  const { descriptor } = await putImage(store, 'small enough');
  await store.images.tag(['app'], descriptor);
  await store.close();
  const { code, message } = failure as { code: string; message: string };
  const left = { tmp: readdirSync(join(root, 'tmp')), blobs: readdirSync(join(root, 'blobs/sha256')).length };
  process.stdout.write(JSON.stringify({ code, message, ...left }));
}
