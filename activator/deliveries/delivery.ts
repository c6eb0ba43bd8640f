import type { DeliveryHead } from '#api/invocations.ts';
import { HEADER } from '#api/names.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { attempt } from '../errors/guarded-entries.ts';
import type { FunctionQueue } from '../functions/target.ts';
import { Exchange } from '../proxy/exchange.ts';
import type { ExchangeContext } from '../proxy/exchange-context.ts';
import { OutgoingRequest } from '../proxy/outgoing-request.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { answered, type DeliveryResult, refused } from './delivery-result.ts';
import { DeliveryStream } from './delivery-stream.ts';
import type { DeliveryOrder } from './read-delivery.ts';
import { type DeliverableRequest, deliverable, deliveryFields } from './stored-request.ts';

/** The gateway, as deliveries see it. */
export type DeliveryContext = Pick<
  ExchangeContext,
  'clock' | 'timers' | 'errorDetail' | 'unrouted' | 'finished' | 'failed'
> & {
  /** Whether the cluster's functions and pods are known. */
  readonly synced: boolean;
  /** @param key `<namespace>/<name>` */
  queueOf(key: string): FunctionQueue | undefined;
};

const NOT_SYNCED: GatewayError = {
  code: 'GatewayUnavailable',
  message: 'the gateway has not read the functions from the cluster yet; ask again',
};
const LEAVING: GatewayError = {
  code: 'GatewayUnavailable',
  message: 'this gateway is leaving; another one can have it',
};
const THE_FIELD = 'async.timeoutSeconds';

/**
 * One attempt of an invocation, from its function's queue to the end of its answer. It goes on whether or not the dispatcher
 * still waits for it. It is its exchange's context: of no other request it has to know when that is over.
 */
export class Delivery {
  readonly startedAtMs: number;
  /** Whose lease it runs under: of the newest that has asked for it. */
  head: DeliveryHead;
  readonly #context: DeliveryContext;
  readonly #ended: (delivery: Delivery) => void;
  readonly #waiting = new Set<(result: DeliveryResult) => void>();
  #exchange: Exchange | undefined;
  #answer: AnswerBuffer | undefined;
  #result: DeliveryResult | undefined;

  /** @param ended called once, when it has its result; not before `begin`. */
  constructor(head: DeliveryHead, context: DeliveryContext, ended: (delivery: Delivery) => void) {
    this.head = head;
    this.#context = context;
    this.#ended = ended;
    this.startedAtMs = context.clock.nowMs();
  }

  /** Undefined: it is still under way. */
  get result(): DeliveryResult | undefined {
    return this.#result;
  }

  /** The dispatcher waits here for its result. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** `run` is called with its result, at once where it has one. Returns how to stop waiting for it. */
  wait(run: (result: DeliveryResult) => void): () => void {
    if (this.#result === undefined) this.#waiting.add(run);
    else run(this.#result);
    return () => this.#waiting.delete(run);
  }

  begin(order: DeliveryOrder): void {
    const { namespace, name, uid } = order.head;
    const key = `${namespace}/${name}`;
    const queue = this.#context.queueOf(key);
    const request = this.#context.synced ? deliverable(order) : NOT_SYNCED;
    if ('code' in request) this.#settle(refused(request, order.request.requestId, this.#context));
    else if (queue?.config.uid !== uid) this.#settle(refused(gone(key), order.request.requestId, this.#context));
    else this.#enter(queue, order, request);
  }

  /** Ends it, as far as no replica may have begun with it. */
  handBack(): void {
    if (this.#exchange?.mayHaveBegun === false) this.cut();
  }

  /** Ends it, whatever becomes of it at its replica. */
  cut(): void {
    this.#exchange?.reject(LEAVING);
  }

  /** Its answer is not counted in its function's share of the memory any more. */
  letGo(): void {
    this.#answer?.letGo();
  }

  #enter(queue: FunctionQueue, order: DeliveryOrder, request: DeliverableRequest): void {
    this.#answer = new AnswerBuffer(order.head.maxAnswerBytes, queue.budget);
    const stream = new DeliveryStream(request.head, order.body, this.#answer);
    const exchange = new Exchange(stream, this.#outgoing(order, request.headers), this.#exchangeContext(stream));
    this.#exchange = exchange;
    try {
      exchange.enter(queue, order.request.path);
    } catch (error) {
      exchange.crash('delivery request', error);
    }
  }

  #outgoing(order: DeliveryOrder, headers: OutgoingRequest['headers']): OutgoingRequest {
    const { timeoutMs } = order.head;
    headers.headers.push(...deliveryFields(order));
    if (this.#context.errorDetail) headers.headers.push(HEADER.errorDetail, 'true');
    const outgoing = new OutgoingRequest(order.request.method, order.request.requestId, headers, null);
    outgoing.timeouts = { totalMs: timeoutMs, firstByteMs: 0, idleMs: 0, totalField: THE_FIELD };
    return outgoing;
  }

  #exchangeContext(stream: DeliveryStream): ExchangeContext {
    const { clock, timers, errorDetail, unrouted } = this.#context;
    return {
      clock,
      timers,
      errorDetail,
      unrouted,
      draining: false,
      opened: () => undefined,
      finished: (entry) => {
        attempt('finished', () => this.#context.finished(entry));
        this.#end(stream, entry);
      },
      joined: (tunnel) => void tunnel.close(),
      failed: (failure, entry, judgement) => this.#context.failed(failure, entry, judgement),
    };
  }

  #end(stream: DeliveryStream, { code }: AccessLogEntry): void {
    const started = this.#exchange?.mayHaveBegun === true;
    this.#settle(answered({ stream, answer: this.#answer, code, started }));
  }

  #settle(result: DeliveryResult): void {
    if (this.#result !== undefined) return;
    this.#result = result;
    this.#exchange = undefined;
    this.#ended(this);
    for (const run of this.#waiting) run(result);
    this.#waiting.clear();
  }
}

function gone(key: string): GatewayError {
  return { code: 'FunctionNotFound', message: `the function ${key} that this was accepted for is not there` };
}
