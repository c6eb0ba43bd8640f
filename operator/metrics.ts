import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import type { CompileResult } from './source/compiler.ts';

export interface OperatorMetrics {
  compiled(result: CompileResult, seconds: number): void;
  scrapeFailed(): void;
  desired(key: string, replicas: number): void;
  /** The function is gone: so are its series. */
  forget(key: string): void;
}

/** Metrics of the operator's own. Once per registry. */
export function operatorMetrics(registry: Registry): OperatorMetrics {
  const registers = [registry];
  const compileSeconds = new Histogram({
    name: 'catnap_operator_compile_seconds',
    help: 'Time from handing one function to the bundler to what became of it.',
    labelNames: ['result'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const scrapeFailures = new Counter({
    name: 'catnap_operator_scrape_failures_total',
    help: 'Times that an activator did not give its metrics.',
    registers,
  });
  const desiredReplicas = new Gauge({
    name: 'catnap_operator_desired_replicas',
    help: 'Replicas the autoscaler wants.',
    labelNames: ['namespace', 'function'] as const,
    registers,
  });
  const labels = (key: string) => {
    const [namespace = '', name = ''] = key.split('/');
    return { namespace, function: name };
  };
  return {
    compiled: (result, seconds) => compileSeconds.observe({ result }, seconds),
    scrapeFailed: () => scrapeFailures.inc(),
    desired: (key, replicas) => desiredReplicas.set(labels(key), replicas),
    forget: (key) => desiredReplicas.remove(labels(key)),
  };
}
