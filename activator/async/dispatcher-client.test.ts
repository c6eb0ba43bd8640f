import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeepingDispatcher } from '../testing/keeping-dispatcher.ts';

test('a question that is given up before it was sent is not sent, and not waited for', async () => {
  await using dispatcher = await KeepingDispatcher.start();
  let asked = 0;
  dispatcher.onStatus = () => {
    asked += 1;
  };
  const over = new AbortController();
  const question = { id: 'x', uid: 'u', namespace: 'n', waitSeconds: 60 };
  // The token is read first, and takes its turn.
  const answer = dispatcher.client.invocation(question, over.signal);
  over.abort();
  await assert.rejects(answer);
  assert.equal(asked, 0);
});
