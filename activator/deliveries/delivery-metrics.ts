import { Counter, Gauge, type Registry } from 'prom-client';

/** Why a request at the port for deliveries was not served. */
export type RefusalReason = 'bad_token' | 'no_keys' | 'not_found' | 'bad_request' | 'stale' | 'full' | 'leaving';

/** What is here now. */
interface DeliveryFigures {
  readonly running: number;
  readonly kept: number;
}

/** Returns what is to be called with each refusal. */
export function deliveryMetrics(registry: Registry, deliveries: DeliveryFigures): (reason: RefusalReason) => void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_activator_deliveries',
    help: 'Deliveries of asynchronous invocations that are here: `running`, or `kept` until their answers are fetched.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'running' }, deliveries.running);
      this.set({ state: 'kept' }, deliveries.kept);
    },
  });
  const refusals = new Counter({
    name: 'catnap_activator_delivery_refusals_total',
    help: 'Requests at the port for deliveries that were not served, by why.',
    labelNames: ['reason'],
    registers,
  });
  return (reason) => refusals.inc({ reason });
}
