import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { type Replica, replicaOf } from '../../runtime-image/testing/replica.ts';

const HALF_A_SECOND = { CATNAP_TIMEOUT_SECONDS: '0.5' };
/** When what still runs is aborted, and when the pod would be killed. */
const [ABORT_MS, KILL_MS] = [9_500, 10_500];

const messages = ({ lines }: Replica) => lines.map(({ msg }) => msg);

/** Tells it to leave; resolves with how it ended and how long that took. */
async function leave(replica: Replica): Promise<{ code: number | null; ms: number }> {
  const sinceMs = performance.now();
  replica.process.kill('SIGTERM');
  const { code } = await replica.ended;
  return { code, ms: performance.now() - sinceMs };
}

// Each waits for the end of its replica's grace period.
suite('the end of the grace period', { concurrency: 4 }, () => {
  test('what was given to waitUntil and does not settle is left; dispose is called all the same', async () => {
    await using replica = await replicaOf(
      `export const dispose = () => console.log('disposed');
      export default (request, context) => { context.waitUntil(new Promise(() => undefined)); return 'ok'; }`,
      HALF_A_SECOND,
    );
    assert.equal(await (await fetch(await replica.origin())).text(), 'ok');
    const { code, ms } = await leave(replica);
    assert.equal(code, 0);
    assert.ok(ms >= ABORT_MS - 50 && ms < KILL_MS, `took ${ms} ms`);
    assert.ok(messages(replica).includes('disposed'));
  });

  test('a dispose that does not end is given up, and told', async () => {
    await using replica = await replicaOf(
      `export const dispose = () => new Promise(() => undefined);
      export default () => 'ok';`,
      HALF_A_SECOND,
    );
    await replica.origin();
    const { code, ms } = await leave(replica);
    assert.equal(code, 1);
    assert.ok(ms >= ABORT_MS && ms < KILL_MS, `took ${ms} ms`);
    assert.ok(messages(replica).includes('dispose did not end before the grace period did'));
  });

  test('a client that takes nothing of its answer does not keep the replica from its dispose', async () => {
    await using replica = await replicaOf(
      `export const dispose = () => console.log('disposed');
      export default () => 'x'.repeat(64 * 1024 * 1024);`,
      HALF_A_SECOND,
    );
    const { hostname, port } = new URL(await replica.origin());
    const client = connect(Number(port), hostname).pause();
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await once(client, 'readable');
    const { code, ms } = await leave(replica);
    client.destroy();
    assert.equal(code, 0);
    assert.ok(ms >= ABORT_MS - 50 && ms < KILL_MS, `took ${ms} ms`);
    assert.ok(messages(replica).includes('disposed'));
  });

  test('clients that never stop asking are answered until then, the last with 504', async () => {
    await using replica = await replicaOf(
      `export default async (request, context) => {
        context.signal.addEventListener('abort', () => console.log('aborted: ' + context.signal.reason.message));
        const ms = Number(new URL(request.url).pathname.slice(1)) || 400;
        await new Promise((resolve) => setTimeout(resolve, ms));
        return 'ok';
      }`,
      HALF_A_SECOND,
    );
    const origin = await replica.origin();
    const left = leave(replica);
    const statuses: number[] = [];
    const client = async (firstMs: number) => {
      try {
        statuses.push((await fetch(`${origin}/${firstMs}`)).status);
        for (;;) statuses.push((await fetch(origin)).status);
      } catch {
        // Nobody listens any more.
      }
    };
    await Promise.all([client(400), client(200)]);
    const { code, ms } = await left;
    assert.equal(code, 0);
    assert.ok(ms >= ABORT_MS - 50 && ms < KILL_MS, `took ${ms} ms`);
    assert.deepEqual([...new Set(statuses)], [200, 504]);
    assert.ok(messages(replica).includes('aborted: the replica has to leave'));
  });
});

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;

const STREAMS: Record<string, string> = {
  'a ReadableStream': `() => {
    let given = 0;
    return new ReadableStream({
      pull(controller) {
        if (given === ${SIZE}) return controller.close();
        given += ${MIB};
        controller.enqueue(new Uint8Array(${MIB}));
      },
    });
  }`,
  'an async generator': `async function* () {
    for (let given = 0; given < ${SIZE}; given += ${MIB}) yield new Uint8Array(${MIB});
  }`,
};

suite('a stream of 1 GiB to a client that is slow', () => {
  for (const [name, source] of Object.entries(STREAMS)) {
    test(`from ${name} is never more than a little of it in memory`, async () => {
      await using replica = await replicaOf(`export default ${source};`);
      const [response] = (await once(get(await replica.origin()), 'response')) as [IncomingMessage];
      const resident: number[] = [];
      let received = 0;
      for await (const chunk of response) {
        const before = Math.floor(received / (64 * MIB));
        received += (chunk as Buffer).length;
        if (Math.floor(received / (64 * MIB)) === before) continue;
        // Nothing is read meanwhile.
        for (let look = 0; look < 5; look += 1)
          resident.push(Number(/process_resident_memory_bytes (\d+)/.exec(await replica.metrics())?.[1]));
      }
      assert.equal(received, SIZE);
      assert.ok(resident.length >= 5 * 16);
      assert.ok(Math.max(...resident) < 200 * MIB, `resident, in MiB: ${resident.map((bytes) => bytes / MIB)}`);
    });
  }
});
