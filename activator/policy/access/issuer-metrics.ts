import { Counter, type Registry } from 'prom-client';

type Outcome = 'answered' | 'failed';

/** The function returned counts one time that an issuer was asked for its keys. */
export function issuerMetrics(registry: Registry): (outcome: Outcome) => void {
  const asked = new Counter({
    name: 'catnap_activator_key_set_requests_total',
    help: 'Times that an issuer of tokens was asked for its keys: answered, or failed (the log says which, and why).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['answered', 'failed']) asked.inc({ outcome }, 0);
  return (outcome) => asked.inc({ outcome });
}
