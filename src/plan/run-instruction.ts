/**
 * RUN: its text, its mounts, its network and its privileges become an operation (Dockerfile reference, "RUN"; BuildKit:
 * dockerfile2llb, convert_runmount.go).
 */
import type { RunInstruction } from '../dockerfile/instruction.ts';
import { parseHeredocMark } from '../dockerfile/heredocs.ts';
import { cleanPath } from '../tree/path.ts';
import { shellOf } from './config-instructions.ts';
import type { ExecMount } from './operation.ts';
import { planMounts } from './run-mounts.ts';
import type { Planner, StageState } from './stage-state.ts';
import { addHistory, addStep, invalid, placeOf, unsupported } from './stage-state.ts';

export async function planRun(
  state: StageState,
  planner: Planner,
  instruction: RunInstruction,
): Promise<void> {
  const place = placeOf(planner.dockerfile, instruction.lines);
  if (instruction.devices.length > 0) throw unsupported('RUN --device', place);
  checkEntitlements(planner, instruction);
  const script = scriptOf(instruction);
  const args =
    instruction.form === 'exec'
      ? instruction.args
      : [...shellOf(state), script ? script.target : shellText(instruction)];
  const { declared, variables, get } = state.scope;
  const { mounts, env } = await planMounts(state, planner, [
    ...(planner.options.runMounts ?? []),
    ...instruction.mounts,
  ]);
  const operation = planner.graph.exec(
    {
      input: state.operation,
      args,
      env: { ...env, ...Object.fromEntries(variables) },
      proxyEnv: state.proxyEnv,
      cwd: `/${cleanPath(state.config.WorkingDir ?? '')}`,
      user: state.config.User ?? '',
      network: instruction.network,
      security: instruction.security,
      mounts: script ? [script, ...mounts] : mounts,
    },
    place,
  );
  addStep(state, planner, instruction, operation);
  const given = [...declared].map((name) => `${name}=${get(name) ?? ''}`);
  const prefix = given.length > 0 ? `|${given.length} ${given.join(' ')} ` : '';
  addHistory(state, `RUN ${prefix}${args.join(' ')}`, operation);
}

/** What a step asks for beyond the usual has to be granted on the command line. */
function checkEntitlements({ options }: Planner, { security, network }: RunInstruction): void {
  const refuse = (entitlement: 'security.insecure' | 'network.host'): never => {
    throw invalid(`${entitlement} is not allowed`, `grant it to the build: --allow ${entitlement}`);
  };
  const allowed = options.allow ?? new Set(['network.host']);
  if (security === 'insecure' && !allowed.has('security.insecure')) refuse('security.insecure');
  if (network === 'host' && !allowed.has('network.host')) refuse('network.host');
}

/** A heredoc that is all there is and begins with `#!` is a file that the shell is asked to execute. */
function scriptOf(instruction: RunInstruction): (ExecMount & { readonly type: 'script' }) | undefined {
  if (instruction.form === 'exec' || !isOnlyHeredoc(instruction)) return undefined;
  const [heredoc] = instruction.heredocs;
  if (!heredoc?.content.startsWith('#!')) return undefined;
  return { type: 'script', target: `/dev/pipes/${cleanPath(heredoc.name)}`, text: heredoc.content };
}

function isOnlyHeredoc({ command, heredocs }: RunInstruction & { readonly form: 'shell' }): boolean {
  return heredocs.length === 1 && parseHeredocMark(command.trim()) !== undefined;
}

/** The shell's text. A heredoc that is all there is becomes the text itself, so shells without heredocs do too. */
function shellText(instruction: RunInstruction & { readonly form: 'shell' }): string {
  const { command, heredocs } = instruction;
  if (isOnlyHeredoc(instruction)) return heredocs[0]?.content ?? '';
  // The shell reads them again, and does itself what their marks say.
  return heredocs.reduce((text, heredoc) => `${text}\n${heredoc.raw}${heredoc.name}`, command);
}
