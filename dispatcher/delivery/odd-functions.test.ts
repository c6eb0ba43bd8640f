/** Answers of functions that look as if something were wrong with the gateway: they are the function's alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, type FakeAnswer } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

const ODD: Record<string, FakeAnswer> = {
  'the code of a gateway that leaves': answering(503, { code: 'GatewayUnavailable' }),
  'the code of a function that is not there': answering(503, { code: 'FunctionNotFound' }),
  'a status that HTTP does not know': answering(799),
  'as many fields as a head has room for': answering(500, {}, Array<string>(32_768).fill('x')),
};

for (const [what, answer] of Object.entries(ODD)) {
  test(`a function that answers ${what} has failed, and its gateway goes on with those of others`, async () => {
    await using all = await startDispatcher(({ head }) => (head.uid === 'odd' ? answer : answering(200)));
    const { system, dispatcher } = all;
    system.function('odd', { maxAttempts: 1 });
    const buried = system.enqueue('odd');
    await dispatcher.deliveries.start();
    await dispatcher.become(buried, 'buried');
    const done = system.enqueue('a', 3);
    dispatcher.deliveries.wake('a');
    // No time passes: a gateway that was left aside would have none of them.
    await dispatcher.become(done, 'done');
    assert.deepEqual(dispatcher.came, ['buried', 'done', 'done', 'done']);
  });
}

test('an answer that is larger than is kept since the Function was changed is cut, and the gateway goes on', async () => {
  await using all = await startDispatcher(() => {
    system.function('a', { maxResultBytes: 0 });
    return { ...answering(200), body: Buffer.alloc(1_048_576) };
  });
  const { system, dispatcher } = all;
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done');
  assert.deepEqual(dispatcher.came, ['done']);
});
