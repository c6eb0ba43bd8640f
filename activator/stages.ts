/** What a request passes in the gateway before its function has it; in which order, the gateway says. */
import { HEADER } from '#api/names.ts';
import type { RequestIds } from '#api/request-id.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { AsyncFront } from './async/async-front.ts';
import type { Decision } from './errors/decision.ts';
import type { GatewayError } from './errors/gateway-error.ts';
import type { Target } from './functions/target.ts';
import { isForGateway, OPTIONS_REPLY } from './inbound/options-method.ts';
import { faultOf, NO_TARGET, targetOf } from './inbound/validate-request.ts';
import type { Judgement } from './policy/policy-chain.ts';
import { Exchange } from './proxy/exchange.ts';
import type { ExchangeContext } from './proxy/exchange-context.ts';
import { requestHeaders } from './proxy/headers.ts';
import { OutgoingRequest } from './proxy/outgoing-request.ts';
import type { RoutedRequest } from './routed-request.ts';
import { findRoute, nothingThere } from './routing/find-route.ts';
import type { RouteTable } from './routing/route-table.ts';

/** Takes a request that is not over. */
export type Stage = (request: RoutedRequest) => Decision | Promise<Decision>;

export interface SyncOptions {
  clock: Clock;
  /** Resolves once the cluster's functions and pods are known. */
  synced: Promise<void>;
  /** Longest that a request waits for that. */
  syncWaitMs: number;
}

export interface RouteOptions {
  /** The present table. */
  routes: () => RouteTable<Target>;
  /** Of the function whose pod has an address; undefined: none has. */
  namespaceOf: (address: string) => string | undefined;
}

const NOT_SYNCED: GatewayError = {
  code: 'GatewayUnavailable',
  message: 'the gateway has not read the functions from the cluster yet; ask again',
};

/** Refuses what two readers may understand in two ways; says what is asked for. */
export function validate(asked: RoutedRequest): Decision {
  const { head, fault = faultOf(head) } = asked.stream;
  const target = targetOf(head);
  if (fault !== undefined || target === undefined) return fault ?? NO_TARGET;
  asked.host = target.host;
  asked.path = target.path;
  asked.askedPath = target.path;
  return 'continue';
}

/** Answers OPTIONS requests that are for the gateway itself. */
export function answerOptions({ stream: { head }, path }: RoutedRequest): Decision {
  return head.method === 'OPTIONS' && isForGateway(head, path) ? OPTIONS_REPLY : 'continue';
}

/** Gives the request its id, the headers that a replica gets, and its exchange. */
export function makeExchange(context: ExchangeContext, ids: RequestIds): Stage {
  return (asked) => {
    const { stream, connection } = asked;
    const { address, proxies, protocol } = connection;
    const client = { address, protocol, host: asked.host === '' ? connection.ownHost : asked.host, proxies };
    const headers = requestHeaders(stream.head.rawHeaders, client);
    const requestId = headers.requestId ?? ids.next();
    headers.headers.push(HEADER.requestId, requestId);
    if (context.errorDetail) headers.headers.push(HEADER.errorDetail, 'true');
    const outgoing = new OutgoingRequest(stream.head.method ?? 'GET', requestId, headers, stream.upgradeTo);
    asked.exchange = new Exchange(stream, outgoing, context);
    context.opened();
    return 'continue';
  };
}

/** Right after a start no functions are known: a request waits for them, up to `syncWaitMs`, instead of getting 404. */
export function waitForSync({ clock, synced, syncWaitMs }: SyncOptions, isSynced: () => boolean): Stage {
  // A request that gives up leaves nothing behind, however long the caches take.
  const waiting = new Set<() => void>();
  synced.then(() => {
    for (const goOn of waiting) goOn();
    waiting.clear();
  });
  return () => {
    if (isSynced()) return 'continue';
    return new Promise((resolve) => {
      const cancel = clock.after(syncWaitMs, () => {
        waiting.delete(goOn);
        resolve(NOT_SYNCED);
      });
      const goOn = () => {
        cancel();
        resolve('continue');
      };
      waiting.add(goOn);
    });
  };
}

/** Finds the target by host and path and, for a bare name, by the caller's namespace. */
export function route({ routes, namespaceOf }: RouteOptions): Stage {
  return (asked) => {
    const found = findRoute(routes(), asked, namespaceOf);
    if (found.kind === 'none') return nothingThere(asked, found.owner?.config.key);
    asked.target = found.target;
    asked.path = found.path;
    asked.base = found.base;
    asked.invocation = found.invocation;
    return 'continue';
  };
}

/** Has the function's policies judge it, before anything of the function is woken. */
export function applyPolicies(asked: RoutedRequest): Decision | Promise<Decision> {
  const { target } = asked;
  if (target?.policies === undefined) return 'continue';
  asked.exchange.judgedBy(target);
  const judgement = target.policies.judge(asked);
  if (judgement instanceof Promise) return judgement.then((settled) => carryOut(asked, settled));
  return carryOut(asked, judgement);
}

function carryOut(asked: RoutedRequest, judgement: Judgement): Decision {
  asked.exchange.judged(judgement);
  return judgement.decision;
}

/** A request that is to be stored, or that asks how one goes, has another target than its function's queue. */
export function chooseTarget(front: AsyncFront): Stage {
  return (asked) => {
    const fn = asked.target?.fn;
    if (fn === undefined || (fn.config.async === undefined && asked.invocation === undefined)) return 'continue';
    const chosen = front.choose(asked, fn);
    if (chosen !== undefined && 'code' in chosen) return chosen;
    asked.target = chosen ?? asked.target;
    return 'continue';
  };
}

/** Hands the request over to what it was routed to. */
export function enterTarget(asked: RoutedRequest): Decision | Promise<Decision> {
  return asked.target?.admit(asked) ?? 'continue';
}
