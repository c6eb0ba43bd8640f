/** A gateway that is to end while something is delivered. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { DeliveryStage as Stage, summary } from '../testing/test-delivery-stage.ts';
import { aDelivery, frameOf } from '../testing/test-dispatcher.ts';
import { until } from '../testing/test-gateway.ts';
import { Cluster, startActivator } from '../testing/test-process.ts';
import { Delivery, type DeliveryContext } from './delivery.ts';
import { DeliveryRegistry } from './delivery-registry.ts';
import { drain } from './drain.ts';

test('a gateway that leaves takes no more, gives back what has not begun, and waits for what has', async () => {
  await using stage = await Stage.start({ CATNAP_DRAIN_QUIET_SECONDS: '0' }, { concurrency: { limit: 1 } });
  stage.wake();
  const sent = aDelivery();
  const broken = stage.dispatcher.post(frameOf(sent));
  const running = await stage.got();
  const waiting = stage.dispatcher.deliver(aDelivery());
  await until(async () => (await stage.dispatcher.list()).length === 2, 'another one waits');
  await stage.leave(broken);
  stage.activator.process.kill('SIGTERM');
  assert.deepEqual(summary(await waiting), { by: 'gateway', code: 'GatewayUnavailable', started: false, status: 503 });
  assert.equal((await stage.dispatcher.post(frameOf(aDelivery())).reply).status, 503);
  await until(() => stage.activator.said.includes('stopped'), 'the first step is over');
  const again = stage.dispatcher.attach(sent.head.id, 1);
  running.answer(200, 'to the end');
  assert.equal((await again).body, 'to the end');
  if (stage.activator.process.exitCode === null) await once(stage.activator.process, 'exit');
  assert.equal(stage.activator.process.exitCode, 0);
});

test('what is not over when the time to leave is up is cut, and it is said that its handler may have begun', async () => {
  await using stage = await Stage.start({ CATNAP_DRAIN_QUIET_SECONDS: '0', CATNAP_DELIVERY_DRAIN_SECONDS: '1' });
  stage.wake();
  const cut = stage.dispatcher.deliver(aDelivery());
  await stage.got();
  stage.activator.process.kill('SIGTERM');
  assert.deepEqual(summary(await cut), { by: 'gateway', code: 'GatewayUnavailable', started: true, status: 503 });
  if (stage.activator.process.exitCode === null) await once(stage.activator.process, 'exit');
  assert.equal(stage.activator.process.exitCode, 0);
});

test('a port for deliveries without whose they are is a mistake that is told', async () => {
  const cluster = await Cluster.start([]);
  await assert.rejects(startActivator(cluster.url, { CATNAP_DELIVERY_PORT: '0' }), /ended with 1/);
  await cluster[Symbol.asyncDispose]();
});

/** Milliseconds that a stop without time for deliveries takes, with one under way. */
async function cutAfterMs(isAwaited: boolean): Promise<number> {
  const clock = new TestClock();
  class Cut extends Delivery {
    override begin(): void {}
    override cut(): void {
      end(this);
    }
  }
  let end = (_: Delivery): void => undefined;
  using registry = new DeliveryRegistry({
    clock,
    make(head, ended) {
      end = ended;
      return new Cut(head, { clock } as unknown as DeliveryContext, ended);
    },
  });
  const { head, request } = aDelivery();
  const taken = registry.take({ head, request, body: Buffer.alloc(0) });
  if (isAwaited && typeof taken !== 'string') taken.wait(() => undefined);
  let isOver = false;
  const fromMs = clock.nowMs();
  const drained = drain(registry, clock, 0).then(() => {
    isOver = true;
  });
  while (!isOver && clock.nowMs() - fromMs < 10_000) {
    clock.advance(10);
    await new Promise(setImmediate);
  }
  await drained;
  return clock.nowMs() - fromMs;
}

test('the last words of what is cut are waited for where the dispatcher waits for them', async () => {
  const [awaited, notAwaited] = [await cutAfterMs(true), await cutAfterMs(false)];
  assert.ok(awaited >= 2_000, `${awaited} ms`);
  assert.ok(notAwaited < 200, `${notAwaited} ms`);
});
