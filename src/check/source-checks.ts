/** Where things come from: images without a version, URLs without a checksum, ADD where COPY is meant. */
import type { AddInstruction } from '../dockerfile/instruction.ts';
import type { LineRange } from '../dockerfile/ast.ts';
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import { isRemote } from '../dockerfile/lint/stage-checks.ts';
import { OWN_RULES as RULES } from './own-rules.ts';
import { attemptReference } from './reference.ts';
import type { StageView, Step } from './stage-view.ts';

export function checkSources(views: readonly StageView[], outer: Reporter): void {
  const names = new Set(views.flatMap(({ stage }) => stage.name ?? []));
  for (const { stage, parent, image, steps } of views) {
    if (!parent) checkPinned(image, stage.from.lines, outer.within(stage.from.comments));
    for (const { instruction, word } of steps) {
      const reporter = outer.within(instruction.comments);
      if (instruction.kind === 'add') checkAdd(instruction, word, reporter);
      const from = instruction.kind === 'copy' ? instruction.from : undefined;
      const isImage = from !== undefined && !/^\d+$/.test(from) && !names.has(from.toLowerCase());
      // A name without slash, tag or digest is as often that of a context given on the command line.
      if (isImage && /[/:@]/.test(from)) checkPinned(from, instruction.lines, reporter);
    }
  }
}

function checkPinned(image: string, lines: LineRange, reporter: Reporter): void {
  const name = image === '' || image === 'scratch' ? undefined : attemptReference(image);
  if (!name || name.isPinned || (name.tag !== '' && name.tag !== 'latest')) return;
  const what =
    name.tag === '' ? `${image} has no tag, which means latest` : `${image} is another image tomorrow`;
  reporter.report(RULES.UnpinnedBase, lines, what);
}

const ARCHIVE = /\.(?:tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst|lzma|Z)|gz|xz|bz2|zst)$/i;

function checkAdd(instruction: AddInstruction, word: Step['word'], reporter: Reporter): void {
  const { lines, checksum, unpack, heredocs } = instruction;
  const sources = instruction.sources.map(word);
  for (const source of sources) {
    if (source === undefined || !/^https?:\/\//.test(source)) continue;
    if (checksum !== undefined || /\.git(?:[#?]|$)/.test(source)) continue;
    reporter.report(RULES.UnpinnedUrl, lines, 'ADD takes whatever the server sends: no --checksum');
  }
  const isPlain = (source: string | undefined): boolean =>
    source !== undefined && !isRemote(source) && !ARCHIVE.test(source) && !/[*?[]/.test(source);
  const isCopy = unpack !== true && sources.every(isPlain) && sources.length + heredocs.length > 0;
  if (isCopy) reporter.report(RULES.AddInsteadOfCopy, lines, 'ADD copies files here, as COPY does');
}
