/** The program itself as a builder, as whoever runs the tests or, for root, as another user. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImages } from './base.ts';
import { DRESSED_CONFIG, dockerArchive } from './base.ts';
import type { Builder } from './builder.ts';
import { exec, mustExec } from './exec.ts';
import type { BuiltImage } from './image.ts';
import { readOciArchive } from './image.ts';
import { chownAll } from './files.ts';
import { readTar } from './tar.ts';
import type { User } from './users.ts';
import { mergeLayers, printTree } from './tree.ts';

const PROGRAM = new URL('../../bin/decant', import.meta.url).pathname;

export async function startDecant(folder: string, base: BaseImages, user: User): Promise<Builder> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'base.tar'), base.baseLayers[0] ?? '');
  const dressed = dockerArchive('dressed:latest', base.dressedLayers, DRESSED_CONFIG);
  await writeFile(join(folder, 'dressed.tar'), dressed);
  await chownAll(folder, user);
  const options = {
    env: { ...process.env, DECANT_HOME: join(folder, 'home'), HOME: folder, NO_COLOR: '1' },
    ...(user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid }),
  };
  const command = [process.execPath, PROGRAM];
  await mustExec([...command, 'import', join(folder, 'base.tar'), 'base:latest'], options);
  await mustExec([...command, 'load', '-i', join(folder, 'dressed.tar')], options);
  return {
    owner: user,
    build: async (testCase, context, scratch) => {
      const [oci, tar] = [join(scratch, 'oci.tar'), join(scratch, 'tree.tar')];
      const outputs = ['--output', `type=oci,dest=${oci}`, '--output', `type=tar,dest=${tar}`];
      const target = testCase.target === undefined ? [] : ['--target', testCase.target];
      const settings = Object.entries(testCase.buildArgs ?? {});
      const args = settings.flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
      const file = ['--file', join(context, testCase.file ?? 'Dockerfile')];
      const build = [
        'build',
        '--progress=plain',
        '--network=none',
        ...outputs,
        ...target,
        ...args,
        ...file,
        context,
      ];
      const done = await exec([...command, ...build], options);
      if (done.status !== 0) return { kind: 'failed', status: done.status, output: done.output };
      return { kind: 'image', image: await bothOutputs(oci, tar, base) };
    },
    // What an ordinary user's steps wrote as other users can only be removed from within a user namespace.
    stop: async () => {
      if (user.uid !== process.getuid?.() || user.uid === 0) return;
      await mustExec(['unshare', '--map-root-user', '--map-auto', 'rm', '-rf', join(folder, 'home')]);
    },
  };
}

/** The image of the OCI archive; where the flat tar does not hold the same tree, a line that says so. */
async function bothOutputs(oci: string, tar: string, base: BaseImages): Promise<BuiltImage> {
  const image = await readOciArchive(oci);
  const layered = printTree(image.tree, base.names);
  const flat = printTree(mergeLayers([readTar(await readFile(tar))]), base.names);
  const paths = [...new Set([...layered.keys(), ...flat.keys()])].filter(
    (path) => layered.get(path) !== flat.get(path),
  );
  if (paths.length === 0) return image;
  const report = paths.map((path) => `${path}: ${layered.get(path) ?? 'none'} / ${flat.get(path) ?? 'none'}`);
  return { ...image, config: new Map([...image.config, ['type=oci/type=tar', report.join('; ')]]) };
}
