import type { FunctionSpec } from '#api/function.ts';
import { withVariables } from './env-files.ts';

type Spec = Omit<Partial<FunctionSpec>, 'source'>;

/** Loopback of the pod alone: who reaches the inspector may run any code. Port 0: one that is free; its log says which. */
const INSPECT = '--inspect=127.0.0.1:0';
/** Longest that a request waits for a replica while another one stands at a breakpoint, in seconds. */
const LONGEST_WAIT_SECONDS = 3_600;
/** Room for the inspector's own heap, and for what a debugger keeps of the program. */
const MEMORY = '1Gi';

/**
 * The spec of a function that is looked at with a debugger: one replica, with Node's inspector, and no limit that a
 * breakpoint would run into. Without a limit of time for requests a replica is taken to be stuck only after an hour. Pure.
 */
export function inspectedSpec(spec: Spec): Spec {
  const given = spec.env?.find(({ name }) => name === 'NODE_OPTIONS')?.value;
  const env = withVariables(spec.env, { NODE_OPTIONS: [given, INSPECT].filter(Boolean).join(' ') });
  return {
    ...spec,
    env,
    timeoutSeconds: 0,
    timeouts: { firstByteSeconds: 0, idleSeconds: 0 },
    queue: { ...spec.queue, timeoutSeconds: LONGEST_WAIT_SECONDS } as FunctionSpec['queue'],
    scaling: { ...spec.scaling, minReplicas: 1, maxReplicas: 1 } as FunctionSpec['scaling'],
    concurrency: { ...spec.concurrency, limit: 0 } as FunctionSpec['concurrency'],
    resources: { ...spec.resources, limits: { ...spec.resources?.limits, memory: MEMORY } },
  };
}

/** Port of the inspector that a line of a pod's log tells of; undefined: none. Pure. */
export function inspectorPort(line: string): number | undefined {
  const port = /^Debugger listening on ws:\/\/127\.0\.0\.1:(\d{1,5})\/[-0-9a-f]+\s*$/.exec(line)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** What Node writes of its inspector, which is of no interest where the CLI says where it is. Pure. */
export function isInspectorsOwn(line: string): boolean {
  return (
    inspectorPort(line) !== undefined ||
    /^(For help, see: https:\/\/nodejs\.org\/|Debugger (attached|ending on)|Waiting for the debugger to disconnect)/.test(
      line,
    )
  );
}
