import type { ClusterAccess } from '#platform/access/credentials.ts';
import { AccessVerdicts } from '#platform/authorization/access-verdicts.ts';
import { SelfReviewer } from '#platform/authorization/self-review.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import type { AnswersOptions } from './answers.ts';
import { InvocationsServer } from './invocations-server.ts';
import { ReadBudget } from './read-budget.ts';

interface InvocationsApiOptions extends Pick<AnswersOptions, 'store' | 'redriven' | 'cancelled'> {
  /** The API server that knows callers by their tokens. */
  access: ClusterAccess;
  /** Of the Function that has this name now; undefined: there is none. */
  functionUid: (namespace: string, name: string) => string | undefined;
  log: Log;
  /** 0: any free one. */
  port: number;
  /** Default: all addresses. */
  host?: string | undefined;
  lifecycle: Lifecycle;
}

/** The API for people listens when it resolves, until the process stops. Rejects where it cannot. */
export async function startInvocationsApi(options: InvocationsApiOptions): Promise<{ port: number }> {
  const { access, lifecycle, ...rest } = options;
  const reviewer = new SelfReviewer(access, { userAgent: 'catnap-dispatcher' });
  lifecycle.onStop('reviews', () => reviewer[Symbol.dispose]());
  const server = await InvocationsServer.start({
    ...rest,
    reads: new ReadBudget(),
    nowMs: Date.now,
    access: new AccessVerdicts({
      review: (token, attributes) => reviewer.verdict(token, attributes, lifecycle.stopping),
    }),
  });
  lifecycle.onStop('invocations API', () => server[Symbol.asyncDispose]());
  return { port: server.port };
}
