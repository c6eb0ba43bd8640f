import { Agent, request } from 'undici';

/** What became of requests. */
export interface Outcomes {
  /** Answered 200. */
  passed: number;
  /** Answered 429. */
  refused: number;
  /** Answered with anything else, or not at all. */
  failed: number;
  /** Of those that passed, in milliseconds, in their order. */
  tookMs: number[];
  /** When the last one passed, in seconds since the beginning: on a busy machine later than planned. */
  lastSeconds: number;
}

export interface PacedLoad {
  /** Base URL of a gateway. */
  to: string;
  /** The function's host. */
  host: string;
  perSecond: number;
}

const STEP_MS = 10;
const CONNECTIONS = 32;

/**
 * Sends requests at a constant rate for `seconds`, whatever becomes of those before, as far as so many connections hold; resolves when
 * all are over. Each load's outcomes stand where it stands. @param onSecond called with the seconds since the beginning, each whole one
 */
export async function sendPaced(
  loads: readonly PacedLoad[],
  seconds: number,
  onSecond: (second: number) => void = () => undefined,
): Promise<Outcomes[]> {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1, keepAliveTimeout: 5_000 });
  const outcomes = loads.map((): Outcomes => ({ passed: 0, refused: 0, failed: 0, tookMs: [], lastSeconds: 0 }));
  const sent = loads.map(() => 0);
  const open = new Set<Promise<void>>();
  const startedAtMs = performance.now();
  let second = -1;
  for (;;) {
    const forMs = performance.now() - startedAtMs;
    if (forMs >= seconds * 1000) break;
    for (; second < Math.floor(forMs / 1000); second += 1) onSecond(second + 1);
    loads.forEach((load, i) => {
      const due = Math.floor((load.perSecond * forMs) / 1000);
      // Of what a machine that was busy is late with, no more than a tenth of a second's is sent at once.
      const count = Math.min(due - (sent[i] as number), Math.max(1, load.perSecond / 10));
      sent[i] = due;
      for (let n = 0; n < count && open.size < 2_000; n += 1) {
        const one = send(agent, load, outcomes[i] as Outcomes, startedAtMs).finally(() => open.delete(one));
        open.add(one);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  await Promise.all(open);
  await agent.destroy();
  return outcomes;
}

async function send(agent: Agent, { to, host }: PacedLoad, outcomes: Outcomes, beganAtMs: number): Promise<void> {
  const startedAtMs = performance.now();
  try {
    const { statusCode, body } = await request(to, { dispatcher: agent, headers: { host }, headersTimeout: 10_000 });
    await body.dump();
    if (statusCode === 200) {
      outcomes.passed += 1;
      outcomes.tookMs.push(performance.now() - startedAtMs);
      outcomes.lastSeconds = (performance.now() - beganAtMs) / 1000;
    } else if (statusCode === 429) outcomes.refused += 1;
    else outcomes.failed += 1;
  } catch {
    outcomes.failed += 1;
  }
}
