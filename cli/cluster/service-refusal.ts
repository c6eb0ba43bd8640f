/** What a part of Catnap behind the API server's proxy, or the API server in its place, says instead of an answer. */
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT, type ExitCode } from '../command-line/exit-codes.ts';
import { beginningOf } from './beginning-of.ts';

/** What is longer is no sentence of ours. */
const MOST_BYTES = 64 * 1024;

/** What the API server says of a Service that is not there, that this caller may not ask, or that has no pod. */
export function isAbsent(error: unknown): error is KubeError {
  return error instanceof KubeError && [403, 404, 503].includes(error.status);
}

/** The error for an answer that is none: a KubeError where it may be otherwise in a moment. @param who `the log keeper` */
export async function refusal(who: string, { status, body }: Pick<ServiceAnswer, 'status' | 'body'>): Promise<Error> {
  const message = messageOf(String(await beginningOf(body, MOST_BYTES))) ?? `it answered ${status}`;
  if (status >= 500 || status === 429) return new KubeError(status, 'Unavailable', `${who}: ${message}`);
  return new CommandError(`${who}: ${message}`, CODES.get(status) ?? EXIT.cluster);
}

/** Of statuses that are not about who asks. */
const CODES = new Map<number, ExitCode>([
  [400, EXIT.usage],
  [404, EXIT.notFound],
  [409, EXIT.failed],
]);

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
