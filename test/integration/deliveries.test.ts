/** Deliveries of the dispatcher to the real gateway: what both say of a delivery is the same. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CredentialFile } from '#platform/access/credential-file.ts';
import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { until } from '#platform/testing/until.ts';
import { systemClock } from '#platform/time/clock.ts';
import { DeliveryStage } from '../../activator/testing/test-delivery-stage.ts';
import { dispatcherToken } from '../../activator/testing/test-dispatcher.ts';
import { Deliveries } from '../../dispatcher/delivery/deliveries.ts';
import type { Came } from '../../dispatcher/delivery/delivery-parts.ts';
import { GatewayPool } from '../../dispatcher/delivery/gateway-pool.ts';
import { type AsyncPolicy, asyncPolicy } from '../../dispatcher/functions/async-policy.ts';
import { EmbeddedStore } from '../../dispatcher/store/embedded-store.ts';
import { readAnswer } from '../../dispatcher/store/kept-answer.ts';
import { DEFAULT_LIMITS } from '../../dispatcher/store/store.ts';

const HELLO = { uid: 'uid-of-hello', namespace: 'default', name: 'hello' };

/** A gateway, and a store of which deliveries can be begun more than once. */
class Scene implements AsyncDisposable {
  readonly stage: DeliveryStage;
  readonly store: EmbeddedStore;
  readonly came: Came[] = [];
  readonly #policy: AsyncPolicy;
  readonly #folder: string;
  readonly #all = new AsyncDisposableStack();

  static async start(change: Partial<AsyncPolicy> = {}): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-deliveries-'));
    await writeFile(join(folder, 'token'), dispatcherToken());
    const store = await EmbeddedStore.open({ path: join(folder, 'store'), limits: DEFAULT_LIMITS });
    const policy = { ...asyncPolicy(HELLO), minBackoffMs: 1, maxBackoffMs: 1, ...change };
    return new Scene({ stage: await DeliveryStage.start(), store, folder, policy });
  }

  private constructor(parts: { stage: DeliveryStage; store: EmbeddedStore; folder: string; policy: AsyncPolicy }) {
    this.stage = parts.stage;
    this.store = parts.store;
    this.#folder = parts.folder;
    this.#policy = parts.policy;
  }

  async begin(): Promise<Deliveries> {
    const gateways = new GatewayPool({ clock: systemClock, token: new CredentialFile(join(this.#folder, 'token')) });
    gateways.set([{ url: `http://127.0.0.1:${this.stage.port}`, ready: true }]);
    const deliveries = new Deliveries({
      ...{ store: this.store, gateways, clock: systemClock, wallMs: Date.now, random: Math.random, log: silentLog },
      policies: { of: () => this.#policy, uidOf: () => undefined },
      addresses: { addresses: new ReachableAddresses(), allowHttp: false },
      metrics: {
        delivered: (_, came) => void this.came.push(came),
        waited: () => undefined,
        leaseLost: () => undefined,
        told: () => undefined,
      },
      ended: () => undefined,
    });
    this.#all.use(gateways);
    this.#all.use(deliveries);
    await deliveries.start();
    return deliveries;
  }

  async enqueue(uid = HELLO.uid): Promise<string> {
    const head = { method: 'POST', path: '/job', headers: ['host', 'hello.example'], requestId: 'req-1' };
    const payload = { head: Buffer.from(JSON.stringify(head)), body: Buffer.from('work') };
    const id = randomUUID();
    await this.store.enqueue([{ id, owner: { ...HELLO, uid }, ...payload }]);
    return id;
  }

  async becomes(id: string, state: string): Promise<void> {
    await until(async () => (await this.store.entry(id))?.state === state, `${id} is ${state}`, 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#all.disposeAsync();
    await this.store.close();
    await this.stage[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

test('what is enqueued wakes its function, and is done with what that answers', async () => {
  await using scene = await Scene.start();
  const id = await scene.enqueue();
  await scene.begin();
  await until(() => scene.stage.cluster.scaleCalls.length > 0, 'the scale is asked for');
  scene.stage.wake();
  const { headers, body, answer } = await scene.stage.got();
  assert.deepEqual([headers['catnap-invocation-id'], headers['catnap-attempt'], body], [id, '1', 'work']);
  answer(201, 'made', { 'x-own': 'yes' });
  await scene.becomes(id, 'done');
  const result = readAnswer((await scene.store.result(id)) as Uint8Array);
  assert.equal(result?.head.status, 201);
  assert.ok(result?.head.headers.includes('x-own'));
  assert.equal(Buffer.from(result?.body ?? []).toString(), 'made');
});

test('what fails is tried again, and a handler that takes too long is given up in the end', async () => {
  await using scene = await Scene.start({ maxAttempts: 3, timeoutMs: 300 });
  const id = await scene.enqueue();
  await scene.begin();
  scene.stage.wake();
  (await scene.stage.got(1)).answer(500);
  assert.equal((await scene.stage.got(2)).headers['catnap-attempt'], '2');
  (await scene.stage.got(2)).breakOff('half');
  await scene.stage.got(3);
  await scene.becomes(id, 'buried');
  assert.deepEqual(scene.came, ['again', 'again', 'buried']);
  assert.match((await scene.store.entry(id))?.note ?? '', /504 Timeout/);
});

test('a dispatcher that is replaced while a handler runs makes it run once', async () => {
  await using scene = await Scene.start();
  const id = await scene.enqueue();
  const first = await scene.begin();
  scene.stage.wake();
  const running = await scene.stage.got();
  await first.drain(AbortSignal.abort());
  assert.equal((await scene.store.entry(id))?.state, 'leased');
  await scene.begin();
  running.answer(200, 'once');
  await scene.becomes(id, 'done');
  assert.equal(scene.stage.seen.length, 1);
  assert.deepEqual(scene.came, ['done']);
});

test('what ends between two dispatchers is fetched by the second', async () => {
  await using scene = await Scene.start();
  const id = await scene.enqueue();
  const first = await scene.begin();
  scene.stage.wake();
  const running = await scene.stage.got();
  await first.drain(AbortSignal.abort());
  running.answer(200, 'meanwhile');
  await until(async () => (await scene.stage.dispatcher.list())[0]?.ended === true, 'it has ended');
  await scene.begin();
  await scene.becomes(id, 'done');
  assert.equal(scene.stage.seen.length, 1);
});

test('a function that the gateway does not know costs no attempt', async () => {
  await using scene = await Scene.start({ uid: 'uid-of-another' });
  const id = await scene.enqueue('uid-of-another');
  await scene.begin();
  await until(() => scene.came.length > 0, 'it was tried');
  await scene.becomes(id, 'waiting');
  assert.deepEqual(scene.came, ['uncounted']);
  assert.equal((await scene.store.entry(id))?.attempts, 0);
});
