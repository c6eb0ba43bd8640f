import { METRIC } from '#api/metric-names.ts';

/** The value of the function's counter of received requests in an activator's `/metrics`; 0 when it has none yet. */
export function receivedRequests(text: string, namespace: string, name: string): number {
  const series = text
    .split('\n')
    .filter((line) => line.startsWith(`${METRIC.requests}{`))
    .filter((line) => line.includes(`namespace="${namespace}"`) && line.includes(`function="${name}"`));
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
