/** What a build's flags ask to be made, and what of it excludes other things. */
import { DecantError } from '../errors.ts';
import type { Output } from '../engine/outputs/output.ts';
import { parseOutput } from '../engine/outputs/output.ts';
import { parseReference } from '../oci/reference.ts';
import { standardOutput } from './io.ts';

export interface OutputFlags {
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly load?: boolean;
  readonly tag?: readonly string[];
  readonly offline?: boolean;
  readonly pull?: boolean;
  readonly report?: string;
}

/** @throws DecantError `USAGE` where one excludes another. */
export function wantedOutputs(flags: OutputFlags): readonly Output[] {
  const given = (flags.output ?? []).map((text) => parseOutput(text, standardOutput()));
  // As `docker buildx build --push`: the image goes to its registry, and to the store only where that is asked for.
  const outputs: readonly Output[] = [
    ...given,
    ...(flags.push ? [{ type: 'registry', push: true } as const] : []),
    // An image that another engine has is in the store too: it costs a name.
    ...(flags.load ? [{ type: 'load' } as const, { type: 'image' } as const] : []),
  ];
  checkPush(outputs, flags);
  checkByDigest(outputs, flags);
  checkReport(outputs, flags);
  checkStandardOutput(outputs);
  checkCompressions(outputs);
  return outputs;
}

export function writesToStandardOutput(outputs: readonly Output[]): boolean {
  return outputs.some(({ destination }) => destination === standardOutput());
}

/** Pushing needs the network, and a name. */
function checkPush(outputs: readonly Output[], { tag, offline, pull }: OutputFlags): void {
  if (offline && pull) throw new DecantError('USAGE', '--pull and --offline exclude each other');
  if (!outputs.some(({ push }) => push)) return;
  if (offline) throw new DecantError('USAGE', 'nothing can be pushed with --offline');
  if (tag === undefined && outputs.every(({ names }) => names === undefined))
    throw new DecantError('USAGE', 'an image needs a name to go to a registry', {
      hint: 'give it one: -t HOST/NAME:TAG',
    });
}

/** A tag would be lost, and is likely meant to be given to the image of all platforms. */
function checkByDigest(outputs: readonly Output[], { tag }: OutputFlags): void {
  if (!outputs.some(({ pushByDigest }) => pushByDigest)) return;
  for (const name of [...(tag ?? []), ...outputs.flatMap(({ names }) => names ?? [])]) {
    if (parseReference(name).tag === undefined) continue;
    throw new DecantError('USAGE', `${name} has a tag, and push-by-digest=true gives none`, {
      hint: 'leave the tag out, and give it to the image of all platforms: decant manifest create',
    });
  }
}

/** The page shows an image. */
function checkReport(outputs: readonly Output[], { report }: OutputFlags): void {
  if (report === undefined) return;
  if (outputs.length > 0 && outputs.every(({ type }) => ['tar', 'local', 'cacheonly'].includes(type)))
    throw new DecantError('USAGE', '--report shows an image, and none of the outputs is one', {
      hint: 'leave out --output, or add --output type=image',
    });
  if (report === '-' && writesToStandardOutput(outputs))
    throw new DecantError('USAGE', 'only one output can go to standard output', {
      hint: 'give the page a file: --report report.html',
    });
}

/** Standard output takes one result, and a terminal none. */
function checkStandardOutput(outputs: readonly Output[]): void {
  const toStandardOutput = outputs.filter(({ destination }) => destination === standardOutput());
  if (toStandardOutput.length > 1) {
    throw new DecantError('USAGE', 'only one output can go to standard output', {
      hint: 'give the others a file, with dest=FILE',
    });
  }
  if (toStandardOutput.length > 0 && standardOutput().isTTY) {
    throw new DecantError('USAGE', 'an archive is not written to a terminal', {
      hint: 'name a file with dest=FILE, or redirect the output',
    });
  }
}

function checkCompressions(outputs: readonly Output[]): void {
  const compressions = new Set(outputs.flatMap(({ compression }) => compression ?? []));
  if (compressions.size > 1)
    throw new DecantError('USAGE', 'one build makes its layers once: outputs cannot differ in compression', {
      hint: 'build a second time for the other one: nothing but packing is done again',
    });
}
