import type { ErrorCode } from '#api/errors.ts';
import type { DeliveryAnswer, DeliveryHead } from '#api/invocations.ts';
import type { Clock } from '#platform/time/clock.ts';
import { MAX_RESULT_BYTES } from '../functions/async-policy.ts';
import type { Ask, GatewayConnection, Reply } from './gateway-connection.ts';
import type { Gateway, Gateways } from './gateways.ts';
import type { Outcome } from './outcome.ts';
import type { Parcel } from './parcel.ts';

/** Longest that a function's queue holds a request (`queue.timeoutSeconds`), and what else may pass beside the function's own time. */
const QUEUE_MS = 3_600_000;
const MARGIN_MS = 60_000;
/** After a connection was lost: how long the same gateway is asked for what it has, and how often. */
const REATTACH_MS = 5_000;
/** A kept connection that the other side has closed already is lost as soon as it is used. */
const AT_ONCE_MS = 1_000;
const BETWEEN_TRIES_MS: readonly number[] = [50, 200, 500, 1_000];

export interface RouteParts {
  gateways: Gateways;
  connect: (gateway: Gateway) => Link;
  clock: Clock;
}

type Link = Pick<GatewayConnection, 'post' | 'attach' | 'isCut'>;

/** Of one delivery, by one gateway. */
interface Way extends Sending {
  gateway: Gateway;
  /** The same all along: once it is cut, the gateway is given up. */
  link: Link;
  begunAtMs: number;
}

export interface Sending {
  head: DeliveryHead;
  signal: AbortSignal;
}

/** The way of one delivery to a gateway and back, over connections that break and gateways that come and go. */
export class DeliveryRoute {
  readonly #parts: RouteParts;

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async send({ head, signal }: Sending, parcel: Parcel): Promise<Outcome> {
    const { gateways, clock } = this.#parts;
    const gateway = gateways.pick(clock.nowMs());
    if (gateway === undefined) {
      parcel.drop();
      return { kind: 'undelivered', note: 'there was no gateway to deliver it' };
    }
    return this.#by(gateway, { head, signal }, async (way) => {
      const reply = await way.link.post(parcel, askFor(head, signal));
      // Without such a path it is no gateway, or one of another version.
      const isNone = reply.kind === 'unknown';
      const first: Reply = isNone ? { kind: 'refused', status: 404, retryAfter: undefined } : reply;
      return this.#outcome(way, first);
    });
  }

  /** Waits for a delivery that a gateway has already. Never rejects. */
  attach({ head, signal }: Sending, gateway: Gateway): Promise<Outcome> {
    return this.#by(gateway, { head, signal }, async (way) =>
      this.#outcome(way, await way.link.attach(head.id, head.epoch, askFor(head, signal))),
    );
  }

  async #by(gateway: Gateway, sending: Sending, work: (way: Way) => Promise<Outcome>): Promise<Outcome> {
    const { connect, clock } = this.#parts;
    gateway.running += 1;
    try {
      return await work({ ...sending, gateway, link: connect(gateway), begunAtMs: clock.nowMs() });
    } finally {
      gateway.running -= 1;
    }
  }

  async #outcome(way: Way, first: Reply): Promise<Outcome> {
    if (first.kind !== 'lost' || !first.sent) return this.#judge(way, first, this.#parts.gateways.isReady(way.gateway));
    const { gateways, clock } = this.#parts;
    const lostAtMs = clock.nowMs();
    // Looked at now: a process that has died is soon listed no longer, as one that left in peace is.
    const wasReady = gateways.isReady(way.gateway);
    const reply = await this.#reattach(way, first);
    // The gateway had closed the kept connection before it came over it.
    const isAtOnce = lostAtMs - way.begunAtMs < AT_ONCE_MS;
    if (first.reused && isAtOnce && reply.kind === 'unknown')
      return { kind: 'undelivered', note: 'the gateway had closed the connection' };
    return this.#judge(way, reply, wasReady);
  }

  /** @param wasReady when its connection broke */
  #judge({ gateway, signal, begunAtMs }: Way, reply: Reply, wasReady: boolean): Outcome {
    const { gateways, clock } = this.#parts;
    if (reply.kind === 'answered' && !isLeaving(reply.answer)) gateways.succeeded(gateway);
    else if (!signal.aborted && reply.kind !== 'unknown' && reply.kind !== 'rejected') {
      const askedMs = reply.kind === 'refused' ? Number(reply.retryAfter) * 1_000 || 0 : 0;
      gateways.failed(gateway, { begunAtMs, nowMs: clock.nowMs(), askedMs });
    }
    return meaning(reply, wasReady);
  }

  /** The gateway goes on with what it has when a connection breaks: it is asked for that for a while. */
  async #reattach({ gateway, link, head, signal }: Way, lost: Reply): Promise<Reply> {
    const { gateways, clock } = this.#parts;
    let endsAtMs = clock.nowMs() + REATTACH_MS;
    let last = lost;
    const goesOn = () => !signal.aborted && !link.isCut && gateways.isListed(gateway) && clock.nowMs() < endsAtMs;
    for (let tries = 0; goesOn(); tries += 1) {
      await this.#pause(BETWEEN_TRIES_MS[Math.min(tries, BETWEEN_TRIES_MS.length - 1)] as number, signal);
      const askedAtMs = clock.nowMs();
      const reply = await link.attach(head.id, head.epoch, askFor(head, signal));
      if (reply.kind !== 'lost' && reply.kind !== 'unreachable' && reply.kind !== 'refused') return reply;
      if (reply.kind === 'lost') last = { ...reply, sent: true };
      // It had it for a while, and was lost again.
      if (clock.nowMs() - askedAtMs > REATTACH_MS) [endsAtMs, tries] = [clock.nowMs() + REATTACH_MS, 0];
    }
    return last;
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#parts.clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

function meaning(reply: Reply, wasReady: boolean): Outcome {
  switch (reply.kind) {
    case 'answered':
      return { kind: 'answered', answer: reply.answer, body: reply.body };
    case 'unreachable':
      return { kind: 'undelivered', note: `the gateway could not be reached: ${reply.why}` };
    case 'refused':
      return { kind: 'undelivered', note: `the gateway takes no deliveries now (${reply.status})` };
    case 'lost':
      if (!reply.sent) return { kind: 'undelivered', note: `the gateway broke off before it had it: ${reply.why}` };
      return cut(wasReady, `the gateway broke off: ${reply.why}`);
    case 'unknown':
      return cut(wasReady, 'the gateway broke off, and knows nothing of it any more');
    case 'rejected':
      return { kind: 'broken', note: `the gateway does not take it (${reply.status})` };
    case 'garbled':
      return { kind: 'broken', note: `the gateway answered what is no answer: ${reply.why}` };
    case 'late':
      return { kind: 'broken', note: 'the gateway did not answer in time' };
  }
}

/** Of one that was leaving, or was gone, nothing else was to be expected. Else it is an attempt: the delivery may be what ended it. */
function cut(wasReady: boolean, note: string): Outcome {
  return { kind: wasReady ? 'broken' : 'undelivered', note };
}

/** A function may say the same of itself, and then it says nothing of the gateway. */
function isLeaving({ by, code }: DeliveryAnswer): boolean {
  return by === 'gateway' && code === ('GatewayUnavailable' satisfies ErrorCode);
}

/** What is wanted of an answer may have become less since the gateway was told. */
function askFor({ timeoutMs }: DeliveryHead, signal: AbortSignal): Ask {
  return { withinMs: timeoutMs + QUEUE_MS + MARGIN_MS, maxAnswerBytes: MAX_RESULT_BYTES, signal };
}
