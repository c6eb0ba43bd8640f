import type { Clock } from '#platform/time/clock.ts';
import type { ScaleUp } from '../cold-start/scale-up.ts';
import type { Demand, Waves } from '../cold-start/waves.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { RejectionPacer } from '../queue/rejection-pacer.ts';
import type { ReplicaRegistry } from '../replicas/replica-registry.ts';
import type { FunctionConfig } from '../routing/function-config.ts';
import type { ColdTimes } from '../telemetry/cold-start-phases.ts';

export interface PoolParts {
  clock: Clock;
  replicas: ReplicaRegistry;
  scaleUp: ScaleUp;
  rejections: RejectionPacer;
}

/** The function that a pool belongs to. */
export interface PoolOwner {
  readonly parts: PoolParts;
  readonly config: FunctionConfig;
  readonly budget: FunctionBudget;
  /** Of its requests, in all pools. */
  readonly demand: Demand;
  /** Plans for all of its starts. */
  readonly waves: Waves;
  /** One more request has begun to wait. */
  waits(): void;
  coldStarted(times: ColdTimes): void;
}
