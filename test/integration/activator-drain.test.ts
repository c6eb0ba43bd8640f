/** The activator on its way down, as a process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { ask, until } from '../../activator/testing/test-gateway.ts';
import { type Activator, aSleepingFunction, shown } from '../../activator/testing/test-process.ts';
import { echoWebSocket, type Served } from '../../activator/testing/test-websocket.ts';
import { eventually } from '../support/eventually.ts';

async function exitCode({ process }: Activator): Promise<number | null> {
  if (process.exitCode === null) await once(process, 'exit');
  return process.exitCode;
}

test('told to leave, it is unready at once and still wakes the function that a request waits for', async () => {
  await using scene = await aSleepingFunction();
  const { cluster, activator, backend } = scene;
  const waiting = ask(activator.port);
  await until(() => cluster.scaleCalls.length > 0, 'the scale is asked for');
  activator.process.kill('SIGTERM');
  const readyz = `http://127.0.0.1:${activator.opsPort}/readyz`;
  await eventually('it is unready', async () => (await fetch(readyz)).status === 503);
  const late = ask(activator.port);
  cluster.showPod(shown(backend));
  const answers = await Promise.all([waiting, late]);
  assert.deepEqual(
    answers.map(({ status, headers }) => `${status} ${headers.connection}`),
    ['200 close', '200 close'],
  );
  assert.equal(await exitCode(activator), 0);
});

test('told to leave, it loses none of the requests that keep coming over the same connections', async () => {
  await using scene = await aSleepingFunction();
  const { cluster, activator, backend } = scene;
  const agent = new Agent({ keepAlive: true });
  cluster.showPod(shown(backend));
  await ask(activator.port, { agent });
  // Each client sends its next request when it has the answer to the one before, until it is told to go elsewhere.
  const client = async () => {
    for (let sent = 1; ; sent += 1) {
      const { status, headers } = await ask(activator.port, { agent });
      assert.equal(status, 200);
      if (headers.connection === 'close') return sent;
    }
  };
  const clients = Array.from({ length: 20 }, client);
  await until(() => scene.seen.length > 200, 'traffic flows');
  activator.process.kill('SIGTERM');
  await Promise.all(clients);
  agent.destroy();
  assert.equal(await exitCode(activator), 0);
});

test('told to leave, it closes WebSockets with 1001 on both sides and exits once they are closed', async () => {
  await using scene = await aSleepingFunction();
  const { cluster, activator, backend } = scene;
  const served: Served[] = [];
  backend.server.on(
    'upgrade',
    echoWebSocket((one) => served.push(one)),
  );
  cluster.showPod(shown(backend));
  const client = new WebSocket(`ws://127.0.0.1:${activator.port}/fn/default/hello/`);
  await once(client, 'open');
  const closed = once(client, 'close');
  client.send('still there');
  assert.equal((await once(client, 'message'))[0].data, 'still there');
  activator.process.kill('SIGTERM');
  const [event] = await closed;
  assert.deepEqual([event.code, event.wasClean, served[0]?.closeCode], [1001, true, 1001]);
  assert.equal(await exitCode(activator), 0);
});

test('what still waits when the time to leave is over is told to ask again', async () => {
  await using scene = await aSleepingFunction({ CATNAP_DRAIN_SECONDS: '1' });
  const { cluster, activator } = scene;
  const waiting = ask(activator.port);
  await until(() => cluster.scaleCalls.length > 0, 'the scale is asked for');
  const toldMs = performance.now();
  activator.process.kill('SIGTERM');
  const { status, headers } = await waiting;
  assert.deepEqual([status, headers['x-catnap-error'], headers['retry-after']], [503, 'GatewayUnavailable', '1']);
  assert.equal(await exitCode(activator), 1);
  const tookMs = performance.now() - toldMs;
  assert.ok(tookMs > 900 && tookMs < 4_000, `${tookMs} ms`);
});
