/** `decant build --check` and `--call`: questions about a Dockerfile that are answered without building it. */
import { DecantError } from '../../errors.ts';
import { outlineOf, targetsOf } from '../../dockerfile/outline.ts';
import { parseDockerfile } from '../../dockerfile/parse.ts';
import { automaticArguments } from '../../plan/scope.ts';
import { didYouMean } from '../../suggest.ts';
import { readInput } from '../build-input.ts';
import { checkAll, checkSettings, checkStatus, type CheckFlags } from '../check-run.ts';
import { buildxCheckJson } from '../format/check.ts';
import { formatOutline, formatTargets, outlineJson, targetsJson } from '../format/outline.ts';
import { onInterrupt } from '../interrupt.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';
import { printReports } from './check.ts';

const METHODS = ['check', 'outline', 'targets'] as const;
const FORMATS = ['text', 'json', 'sarif'] as const;

interface Call {
  readonly method: (typeof METHODS)[number];
  readonly format: (typeof FORMATS)[number];
  /** Ends with 0 whatever was found. */
  readonly ignoreStatus: boolean;
}

export interface CallFlags extends CheckFlags {
  readonly file?: string;
  readonly check?: boolean;
  readonly call?: string;
}

export async function answerCall(context: string, flags: CallFlags): Promise<number> {
  const call = parseCall(flags.call ?? 'check');
  if (flags.check && call.method !== 'check')
    throw new DecantError('USAGE', `--check and --call ${call.method} ask for different things`, {
      hint: 'give one of them',
    });
  return withStore(async (store) => {
    const interruption = onInterrupt();
    const {
      source,
      file,
      context: contextSource,
    } = await readInput(context, flags.file, {
      temporary: async () => (await store.tmp.create()).path,
      store,
      emit: () => undefined,
      signal: interruption.signal,
      keepGitDir: false,
    }).finally(() => interruption.dispose());
    if (call.method !== 'check') {
      describe(source, file, flags, call);
      return 0;
    }
    const input = { source, file, ignore: contextSource?.ignore };
    const reports = await checkAll(checkSettings(flags), [input], (each) => Promise.resolve(each));
    const [report] = reports;
    if (call.format === 'json' && report) print(buildxCheckJson(report));
    else printReports(reports, call.format);
    return call.ignoreStatus ? 0 : checkStatus(reports, 'warning');
  });
}

function describe(source: string, file: string, flags: CallFlags, { method, format }: Call): void {
  if (format === 'sarif') throw new DecantError('USAGE', `--call ${method} has no form as SARIF`);
  const dockerfile = parseDockerfile(source, { file });
  if (method === 'targets') {
    const targets = targetsOf(dockerfile);
    print(format === 'json' ? targetsJson(targets, source) : formatTargets(targets, textOptions()));
    return;
  }
  const { target, buildArguments, platforms, buildPlatform } = checkSettings(flags);
  // What can be given is the same for all of them.
  const [platform = buildPlatform] = platforms;
  const automatic = automaticArguments(platform, buildPlatform, target ?? 'default');
  const outline = outlineOf(dockerfile, { target, buildArguments, automatic });
  print(format === 'json' ? outlineJson(outline, source) : formatOutline(outline, textOptions()));
}

/** `method[,format=text|json|sarif][,ignorestatus]`, with `lint` for `check` as buildx has it. */
export function parseCall(text: string): Call {
  const [first = '', ...options] = text.split(',');
  const name = first === 'lint' ? 'check' : first;
  const method = METHODS.find((each) => each === name);
  if (!method) {
    throw new DecantError('USAGE', `--call "${text}" is not a question that can be answered`, {
      hint: didYouMean(name, METHODS) ?? `write --call ${METHODS.join(', --call ')} or --call build`,
    });
  }
  let format: Call['format'] = 'text';
  let ignoreStatus = false;
  for (const option of options) {
    const [key = '', value = ''] = option.split('=', 2);
    const wanted = FORMATS.find((each) => each === value);
    if (key === 'format' && wanted) format = wanted;
    else if (key === 'ignorestatus' && ['', 'true', 'false'].includes(value))
      ignoreStatus = value !== 'false';
    else
      throw new DecantError('USAGE', `--call: "${option}" is not known`, {
        hint: 'write format=text, format=json, format=sarif or ignorestatus',
      });
  }
  return { method, format, ignoreStatus };
}
