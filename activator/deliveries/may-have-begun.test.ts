/** Whether a handler may have begun with a delivery, when its replica goes while it has it. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { READY_PATH } from '#api/names.ts';
import { TestDeliveries } from '../testing/test-deliveries.ts';
import { summary } from '../testing/test-delivery-stage.ts';
import { aDelivery, TestDispatcher } from '../testing/test-dispatcher.ts';
import { aFunction, aPod, TestGateway, until } from '../testing/test-gateway.ts';

let gateway: TestGateway;
let deliveries: TestDeliveries;
let dispatcher: TestDispatcher;

before(async () => {
  gateway = await TestGateway.start();
  deliveries = await TestDeliveries.start(gateway);
  dispatcher = new TestDispatcher(deliveries.port);
});

after(async () => {
  dispatcher[Symbol.dispose]();
  await deliveries[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** A replica of a function, whose process ends as `GET /end` comes: with it go its connections and its port. */
class Replica implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async of(name: string): Promise<Replica> {
    const replica = new Replica(`uid-of-pod-of-${name}`);
    const port = await new Promise<number>((resolve) => {
      replica.#server.listen(0, '127.0.0.1', () => resolve((replica.#server.address() as { port: number }).port));
    });
    gateway.putFunction(aFunction(name, { queue: { timeoutSeconds: 1 } }));
    const pod = aPod({ name: `pod-of-${name}`, revision: `${name}-1`, ip: '127.0.0.1', port });
    gateway.podFeed.put(`pod-of-${name}`, pod);
    await until(() => gateway.traffic(name).answering === 1, 'the replica answers');
    return replica;
  }

  private constructor(uid: string) {
    const answer = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        if (text.includes('/end')) this.end();
        else socket.write(answer(text.includes(READY_PATH) ? uid : 'ok'));
      });
    });
  }

  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }
}

const deliver = (name: string, path: string, method = 'GET') =>
  dispatcher.deliver(
    aDelivery({ name, uid: `uid-of-${name}` }, { method, path, headers: ['host', `${name}.default.fn.example`] }),
  );

test('a request that was sent twice, the second time in vain, may have begun the first time', async () => {
  await using _ = await Replica.of('twice');
  assert.equal((await deliver('twice', '/')).body, 'ok');
  assert.deepEqual(summary(await deliver('twice', '/end')), {
    ...{ by: 'gateway', code: 'QueueTimeout', started: true, status: 503 },
  });
});

test('a replica that broke off before it answered may have begun', async () => {
  await using _ = await Replica.of('once');
  assert.deepEqual(summary(await deliver('once', '/end', 'POST')), {
    ...{ by: 'gateway', code: 'ReplicaFailed', started: true, status: 502 },
  });
});

test('one that could not be reached has not', async () => {
  await using replica = await Replica.of('never');
  replica.end();
  assert.deepEqual(summary(await deliver('never', '/', 'POST')), {
    ...{ by: 'gateway', code: 'QueueTimeout', started: false, status: 503 },
  });
});
