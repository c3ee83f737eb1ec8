/** Where a build's images come from that the store does not have: composed from packages, or left in their registry. */
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Platform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import type { RegistryAccess } from './registry.ts';

export interface SupplyRequest {
  readonly store: Store;
  readonly registry: RegistryAccess;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** As FROM or `--from` has it. */
  readonly reference: string;
  readonly platform: Platform;
  readonly bases: 'registry' | 'compose' | 'store';
  readonly offline?: boolean | undefined;
}

/** Whether the image is in the store now. What it takes is loaded when it is wanted. */
export async function supplyImage(request: SupplyRequest): Promise<boolean> {
  const { store, registry, signal, emit, platform, bases, offline } = request;
  if (offline) return refuse(request.reference);
  if (bases === 'compose') {
    const { composeBases } = await import('./base-supply.ts');
    if (await composeBases(store, signal, emit)(request.reference, platform)) return true;
  }
  if (bases === 'store') await refuse(request.reference);
  const { pullImage } = await import('../registry/pull.ts');
  const session = await registry.session();
  const reference = parseReference(request.reference);
  try {
    await pullImage({ store, session, reference, platform, layers: false, emit, signal });
    return true;
  } catch (error) {
    throw await orCompose(error, request.reference);
  }
}

async function refuse(reference: string): Promise<boolean> {
  return (await import('./base-hint.ts')).refuseBase(reference);
}

/** A base that cannot be pulled can be made here. */
async function orCompose(error: unknown, reference: string): Promise<unknown> {
  if (!(error instanceof DecantError) || error.code === 'INTERRUPTED') return error;
  const { composeHint } = await import('./base-hint.ts');
  const { code, message, cause, hint } = error;
  return new DecantError(code, message, { cause, hint: composeHint(reference) ?? hint });
}
