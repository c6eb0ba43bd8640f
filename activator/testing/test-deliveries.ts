/** For tests: a port for deliveries beside a gateway of the same process. */
import { Delivery } from '../deliveries/delivery.ts';
import { DeliveryRegistry, type RegistryBounds } from '../deliveries/delivery-registry.ts';
import { DeliveryServer } from '../deliveries/delivery-server.ts';
import type { TokenVerdict } from '../deliveries/dispatcher-tokens.ts';
import type { TestGateway } from './test-gateway.ts';

export class TestDeliveries implements AsyncDisposable {
  readonly registry: DeliveryRegistry;
  readonly refusals: string[] = [];
  port = 0;
  readonly #server: DeliveryServer;

  /** Every token is good. @param bounds default: those of the process */
  static async start(test: TestGateway, bounds?: RegistryBounds): Promise<TestDeliveries> {
    const deliveries = new TestDeliveries(test, bounds);
    deliveries.port = await deliveries.#server.listen(0, '127.0.0.1');
    return deliveries;
  }

  private constructor({ gateway, functions }: TestGateway, bounds: RegistryBounds | undefined) {
    const { clock, timers, unrouted, errorDetail } = gateway;
    const context = {
      ...{ clock, timers, unrouted, errorDetail, synced: true, finished: () => undefined },
      failed: gateway.failed.bind(gateway),
      queueOf: (key: string) => functions.find(key),
    };
    this.registry = new DeliveryRegistry({
      clock,
      make: (head, ended) => new Delivery(head, context, ended),
      ...(bounds !== undefined && { bounds }),
    });
    // A verdict that takes a turn, as the first one of each token does.
    const tokens = { check: async (): Promise<TokenVerdict> => 'good' };
    this.#server = new DeliveryServer({
      tokens,
      deliveries: this.registry,
      refused: (reason) => this.refusals.push(reason),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.registry[Symbol.dispose]();
  }
}
