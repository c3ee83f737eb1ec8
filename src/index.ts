/** The public API. */
export { DecantError, EXIT_STATUS } from './errors.ts';
export type { ErrorCode, Place } from './errors.ts';
export type { BuildSummary, Emit, Event, StepInfo } from './events.ts';
export { parseDockerfile } from './dockerfile/parse.ts';
export type { Dockerfile, Instruction, Stage } from './dockerfile/parse.ts';
export { planBuild } from './plan/build-plan.ts';
export type { Plan, PlanOptions } from './plan/plan.ts';
export { buildImage, planImage } from './engine/build-image.ts';
export type { BuildRequest, BuildResult, PlanRequest } from './engine/build-image.ts';
export { importRoot } from './engine/import-root.ts';
export type { ImportRequest } from './engine/import-root.ts';
export { openStore } from './store/store.ts';
export type { Store } from './store/store.ts';
