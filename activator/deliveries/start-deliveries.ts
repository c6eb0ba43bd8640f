import type { Registry } from 'prom-client';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import { attempt } from '../errors/guarded-entries.ts';
import type { FunctionQueue } from '../functions/target.ts';
import type { ExchangeContext } from '../proxy/exchange-context.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import { Delivery } from './delivery.ts';
import { deliveryMetrics, type RefusalReason } from './delivery-metrics.ts';
import { DeliveryRegistry } from './delivery-registry.ts';
import { DeliveryServer } from './delivery-server.ts';
import { DispatcherTokens } from './dispatcher-tokens.ts';
import { drain } from './drain.ts';

/** What of the environment is about deliveries; config.ts says what each means. */
interface DeliveryConfig {
  readonly CATNAP_DELIVERY_PORT?: number | undefined;
  readonly CATNAP_DELIVERY_HOST?: string | undefined;
  readonly CATNAP_DELIVERY_DRAIN_SECONDS: number;
  readonly CATNAP_DISPATCHER_SUBJECT?: string | undefined;
  readonly HOST?: string | undefined;
}

export interface DeliveryDeps {
  config: DeliveryConfig;
  log: Log;
  registry: Registry;
  lifecycle: Lifecycle;
  cluster: ConstructorParameters<typeof DispatcherTokens>[0]['cluster'];
  gateway: Pick<ExchangeContext, 'clock' | 'timers' | 'errorDetail' | 'unrouted' | 'failed'> & {
    readonly synced: boolean;
  };
  /** A request is over, and counted. */
  finished: (entry: AccessLogEntry) => void;
  /** @param key `<namespace>/<name>` */
  queueOf: (key: string) => FunctionQueue | undefined;
}

/** Beyond the drain's own limit. */
const MARGIN_MS = 5_000;
/** Each reason to refuse is logged no more often. */
const LOG_PAUSE_MS = 600_000;

/** Resolves with the port; undefined: no deliveries are taken here. */
export async function startDeliveries(deps: DeliveryDeps): Promise<number | undefined> {
  const { config, gateway, lifecycle, registry } = deps;
  const { CATNAP_DELIVERY_PORT: port, CATNAP_DISPATCHER_SUBJECT: subject } = config;
  if (port === undefined) return undefined;
  if (subject === undefined) {
    throw new Error('CATNAP_DELIVERY_PORT needs CATNAP_DISPATCHER_SUBJECT: whose deliveries are taken');
  }
  const { clock, timers, errorDetail, unrouted } = gateway;
  const context = {
    ...{ clock, timers, errorDetail, unrouted, finished: deps.finished, queueOf: deps.queueOf },
    failed: gateway.failed.bind(gateway),
    get synced() {
      return gateway.synced;
    },
  };
  const deliveries = new DeliveryRegistry({ clock, make: (head, ended) => new Delivery(head, context, ended) });
  const counted = deliveryMetrics(registry, deliveries);
  const logged = refusalLog(deps);
  const refused = (reason: RefusalReason) => {
    counted(reason);
    logged(reason);
  };
  const tokens = new DispatcherTokens({ cluster: deps.cluster, subject, wallMs: Date.now });
  const server = new DeliveryServer({ tokens, deliveries, refused });
  lifecycle.onStop('delivery port', async () => {
    await server[Symbol.asyncDispose]();
    deliveries[Symbol.dispose]();
  });
  const heard = await server.listen(port, config.CATNAP_DELIVERY_HOST ?? config.HOST);
  lifecycle.stopping.addEventListener('abort', () => attempt('delivery request', () => deliveries.leave()));
  const withinMs = config.CATNAP_DELIVERY_DRAIN_SECONDS * 1000;
  lifecycle.onStop('deliveries', () => drain(deliveries, clock, withinMs), { withinMs: withinMs + MARGIN_MS });
  return heard;
}

function refusalLog({ log, gateway: { clock } }: DeliveryDeps): (reason: RefusalReason) => void {
  const loggedAtMs = new Map<RefusalReason, number>();
  return (reason) => {
    if (clock.nowMs() - (loggedAtMs.get(reason) ?? Number.NEGATIVE_INFINITY) < LOG_PAUSE_MS) return;
    loggedAtMs.set(reason, clock.nowMs());
    log.warn({ reason }, 'refused a request at the port for deliveries');
  };
}
