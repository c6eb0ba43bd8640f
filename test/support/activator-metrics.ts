import { METRIC } from '#api/metric-names.ts';

/** Requests that each activator has received for a function, by the address of its metrics. */
export async function receivedBy(
  urls: readonly string[],
  namespace: string,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = urls.map(async (url): Promise<[string, number]> => {
    const response = await fetch(url);
    return [url, receivedRequests(await response.text(), namespace, name)];
  });
  return new Map(await Promise.all(counts));
}

/** The value of the function's counter of received requests in an activator's `/metrics`; 0 when it has none yet. */
function receivedRequests(text: string, namespace: string, name: string): number {
  const series = text
    .split('\n')
    .filter((line) => line.startsWith(`${METRIC.requests}{`))
    .filter((line) => line.includes(`namespace="${namespace}"`) && line.includes(`function="${name}"`));
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
