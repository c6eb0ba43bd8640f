import { randomBytes } from 'node:crypto';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND, PATH_ROUTE_PREFIX } from '#api/names.ts';
import type { Resource } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import type { JobContext } from './job.ts';

const LOOK_MS = 500;
/** Longest that one request may take: the queue's longest wait, and some. */
const ANSWER_MS = 40_000;
const REMOVE_MS = 10_000;
const FUNCTION: Resource<FunctionObject> = FUNCTIONS;

/** Makes a Function, asks it through the gateway until it answers, and removes it. Rejects when it does not answer in time. */
export async function smokeTest(context: JobContext): Promise<void> {
  const { kube, config, log, signal } = context;
  const { CATNAP_TEST_NAMESPACE: namespace, CATNAP_TEST_GATEWAY: gateway } = config;
  if (namespace === undefined || gateway === undefined)
    throw new Error('the test needs CATNAP_TEST_NAMESPACE and CATNAP_TEST_GATEWAY');
  const token = randomBytes(4).toString('hex');
  const ref = { namespace, name: `catnap-test-${token}` };
  const spec = { source: { inline: `export default () => ${JSON.stringify(token)};` } };
  const object = { apiVersion: API_VERSION, kind: KIND, metadata: ref, spec };
  await kube.create(FUNCTION, object as unknown as FunctionObject, { signal });
  try {
    const url = `${gateway.replace(/\/$/, '')}${PATH_ROUTE_PREFIX}${namespace}/${ref.name}/`;
    await untilAnswered(url, token, signal).catch(async (cause: unknown) => {
      throw new Error(`${describe(cause)}; ${await conditionsOf(context, ref)}`, { cause });
    });
    log.info({ url }, 'the function answered');
  } finally {
    await kube.delete(FUNCTION, ref, { signal: AbortSignal.timeout(REMOVE_MS) });
  }
}

async function untilAnswered(url: string, expected: string, signal: AbortSignal): Promise<void> {
  for (let last = 'it was not asked'; ; ) {
    if (signal.aborted) throw new Error(`${url} did not answer as it should: ${last}`, { cause: signal.reason });
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
      const text = await answer.text();
      if (answer.status === 200 && text === expected) return;
      last = `${answer.status} ${text.trim()}`;
    } catch (error) {
      if (!signal.aborted) last = describe(error);
    }
    await pause(LOOK_MS, signal);
  }
}

/** What the operator says of it. */
async function conditionsOf({ kube }: JobContext, ref: { namespace: string; name: string }): Promise<string> {
  try {
    const { status } = await kube.get(FUNCTION, ref, { signal: AbortSignal.timeout(REMOVE_MS) });
    const conditions = status?.conditions ?? [];
    if (conditions.length === 0) return 'the operator has said nothing of it: is it running?';
    return conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`).join('; ');
  } catch (error) {
    return describe(error);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
