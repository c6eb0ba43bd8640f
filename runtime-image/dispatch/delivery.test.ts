import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';

// Each has a process of its own and mostly waits for it.
suite('a delivery of stored work', { concurrency: 2 }, () => {
  test('has a time limit of its own, longer or shorter, and says so when it is over', async () => {
    const source = `export default async (request: Request, { deadline, signal }) => {
      const ms = Number(new URL(request.url).searchParams.get('ms'));
      const leftMs = deadline.getTime() - Date.now();
      await new Promise((resolve) => { setTimeout(resolve, ms); signal.addEventListener('abort', resolve); });
      return { leftMs };
    }`;
    await using replica = await replicaOf(source, { CATNAP_TIMEOUT_SECONDS: '1' });
    const origin = await replica.origin();
    const asked = (ms: number, limitMs?: number) =>
      fetch(`${origin}/?ms=${ms}`, {
        headers: limitMs === undefined ? {} : { 'x-catnap-timeout-ms': String(limitMs) },
      });
    // The longest begins first: those after it must not wait for its end.
    const answers = await Promise.all([asked(1_500, 20_000), asked(60_000), asked(60_000, 200), asked(0)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 504, 504, 200],
    );
    const [long, usual, short] = (await Promise.all(answers.map((answer) => answer.json()))) as {
      leftMs: number;
      message: string;
    }[];
    assert.ok(long !== undefined && long.leftMs > 15_000 && long.leftMs <= 20_000, `${long?.leftMs} ms left`);
    assert.equal(usual?.message, 'the function took longer than 1 s (spec.timeoutSeconds)');
    assert.equal(short?.message, 'the function took longer than 0.2 s (spec.async.timeoutSeconds)');
  });

  test('a handler sees of which invocation it is a delivery, and not how the gateway limits it', async () => {
    await using replica = await replicaOf(
      `export default (request: Request, { invocation }) => [
        invocation ?? null, request.headers.get('catnap-attempt'), request.headers.get('x-catnap-timeout-ms')]`,
    );
    const origin = await replica.origin();
    const headers = { 'catnap-invocation-id': '0199a3c4', 'catnap-attempt': '2', 'x-catnap-timeout-ms': '5000' };
    const delivered = await fetch(origin, { headers });
    assert.deepEqual(await delivered.json(), [{ id: '0199a3c4', attempt: 2 }, '2', null]);
    assert.deepEqual(await (await fetch(origin)).json(), [null, null, null]);
  });
});
