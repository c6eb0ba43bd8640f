/** How long the bodies of deliveries are in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDeliveries } from '../testing/test-deliveries.ts';
import { aDelivery, TestDispatcher } from '../testing/test-dispatcher.ts';
import { aFunction, TestGateway, until } from '../testing/test-gateway.ts';

const BODY = 'b'.repeat(500_000);

test('a large body is not kept for as long as a handler runs, and a short one is', async () => {
  await using gateway = await TestGateway.start();
  await using deliveries = await TestDeliveries.start(gateway);
  using dispatcher = new TestDispatcher(deliveries.port);
  gateway.putFunction(aFunction('hello'));
  const answers: (() => void)[] = [];
  await gateway.addReplica('pod-a', 'hello-1', (req, res) => {
    req.resume().on('end', () => answers.push(() => res.end('ok')));
  });
  const all = [dispatcher.deliver(aDelivery({}, {}, BODY)), dispatcher.deliver(aDelivery())];
  await until(() => answers.length === 2, 'the replica has both');
  assert.equal(gateway.budget.bytes, BODY.length + 4);
  await until(() => gateway.budget.bytes === 4, 'the large one is let go of', 15_000);
  for (const answer of answers) answer();
  for (const { body } of await Promise.all(all)) assert.equal(body, 'ok');
  assert.equal(gateway.budget.bytes, 0);
});
