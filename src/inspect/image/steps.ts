/**
 * An image's history (OCI image-spec, config.md, "history") as the Dockerfile instructions that made it. Every builder
 * writes its lines in a way of its own; here they become what stood in the Dockerfile, as far as they tell.
 */
import type { HistoryEntry, ImageConfig } from '../../oci/config.ts';

export interface Step {
  /** RFC 3339. */
  readonly created?: string | undefined;
  /** The line as it is. */
  readonly createdBy: string;
  /** The instruction (`RUN apt-get update`); what was run where it is none (`bazel build …`). */
  readonly instruction: string;
  readonly comment?: string | undefined;
  readonly author?: string | undefined;
  /** The index of the layer that it made; undefined for none, and where history and layers do not agree. */
  readonly layer?: number | undefined;
}

/** The lines of the history, the oldest first, each with its layer. */
export function stepsOf({ history = [], rootfs, config }: ImageConfig): readonly Step[] {
  const made = history.filter((entry) => !entry.empty_layer).length;
  // With lines too few or too many, nothing tells which of them belong to which layers.
  const isAligned = made === rootfs.diff_ids.length;
  let next = 0;
  return history.map((entry): Step => {
    const { created, created_by: createdBy = '', comment, author } = entry;
    const instruction = instructionOf(entry, config?.Shell);
    const layer = isAligned && !entry.empty_layer ? next++ : undefined;
    return { created, createdBy, instruction, comment, author, layer };
  });
}

const KEYWORDS =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=\s|$)/;
/** What the classic builder and buildah put before instructions that run nothing. */
const NOTHING_RUN = /^(?:\/bin\/sh -c|cmd \/S \/C|powershell [^#]*) #\(nop\)\s+/;
/** BuildKit's mark, behind every instruction but those that it hands on from the base. */
const BUILDKIT = / # buildkit$/;
const DEFAULT_SHELLS = ['/bin/sh -c ', 'cmd /S /C '];

/** `RUN apt-get update` for `RUN /bin/sh -c apt-get update # buildkit`, `/bin/sh -c apt-get update` and the like. */
export function instructionOf(entry: HistoryEntry, shell?: readonly string[]): string {
  const line = (entry.created_by ?? '').trim().replace(BUILDKIT, '');
  if (NOTHING_RUN.test(line)) return line.replace(NOTHING_RUN, '').trim();
  const shells = shell && shell.length > 0 ? [`${shell.join(' ')} `, ...DEFAULT_SHELLS] : DEFAULT_SHELLS;
  if (line.startsWith('RUN ')) return `RUN ${withoutShell(withoutArguments(line.slice(4), shells), shells)}`;
  if (KEYWORDS.test(line)) return line;
  // The classic builder and buildah write of RUN only what was run.
  const run = withoutArguments(line, shells);
  const isRun = run !== line || shells.some((prefix) => run.startsWith(prefix));
  return isRun ? `RUN ${withoutShell(run, shells)}` : line;
}

/** `|2 A=1 B=2 /bin/sh -c …`: build arguments that were in force. Their values may have spaces, so the shell ends them. */
function withoutArguments(line: string, shells: readonly string[]): string {
  const count = /^\|(\d{1,4}) /.exec(line);
  if (!count) return line;
  const starts = shells.map((prefix) => line.indexOf(` ${prefix}`)).filter((at) => at >= 0);
  if (starts.length > 0) return line.slice(Math.min(...starts) + 1);
  const words = line.slice(count[0].length).split(' ');
  return words.slice(Number(count[1])).join(' ');
}

function withoutShell(command: string, shells: readonly string[]): string {
  const prefix = shells.find((each) => command.startsWith(each));
  return prefix === undefined ? command : command.slice(prefix.length).trim();
}
