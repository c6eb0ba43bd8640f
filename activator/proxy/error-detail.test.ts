import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

/** What a caller gets that asks for a function that cannot start for want of a Secret. */
async function answerTo(errorDetail: boolean) {
  await using gateway = await TestGateway.start({ errorDetail });
  gateway.putFunction(aFunction('hello'));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting > 0, 'the request waits');
  const waiting = { reason: 'CreateContainerConfigError', message: 'secret "stripe-live" not found' };
  const containerStatuses = [{ name: 'function', state: { waiting } }];
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', status: { containerStatuses } }));
  const { status, body, headers } = await answer;
  return { status, body, headers };
}

test('callers do not learn which Secret is missing, nor in which pod, but how to ask for it', async () => {
  const { status, body, headers } = await answerTo(false);
  assert.equal(status, 503);
  assert.doesNotMatch(body, /stripe|pod-a|secret/i);
  assert.deepEqual(JSON.parse(body), {
    error: 'RevisionFailed',
    message: 'the function cannot start; its status tells why',
    function: 'default/hello',
    requestId: headers['x-request-id'],
  });
});

test('where it is wanted they are', async () => {
  const { body } = await answerTo(true);
  assert.match(JSON.parse(body).message, /stripe-live/);
  assert.equal(JSON.parse(body).reason, 'SecretNotFound');
});

test('whether callers may see details, a replica learns from the gateway alone', async () => {
  for (const errorDetail of [true, false]) {
    await using gateway = await TestGateway.start({ errorDetail });
    gateway.putFunction(aFunction('hello'));
    await gateway.addReplica('pod-a', 'hello-1', (req, res) => res.end(String(req.headers['x-catnap-error-detail'])));
    const { body } = await ask(gateway.port, { headers: { 'x-catnap-error-detail': 'forged' } });
    assert.equal(body, errorDetail ? 'true' : 'undefined');
  }
});
