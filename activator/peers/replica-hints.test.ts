import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/time/clock.ts';
import type { PodObject } from '../replicas/pod-facts.ts';
import { ReplicaRegistry } from '../replicas/replica-registry.ts';
import { type Backend, deafWhile, startBackend } from '../testing/test-backend.ts';
import { aPod, ManualFeed, until } from '../testing/test-gateway.ts';
import type { ReplicaHint } from './messages.ts';

const KEY = 'default/hello';
const hint = (name: string, state: ReplicaHint['state']): ReplicaHint => ({
  function: KEY,
  uid: `uid-of-${name}`,
  state,
});

/** Replicas of one function that have answered, and the hints that their activator sends. */
class Stage implements AsyncDisposable {
  readonly feed = new ManualFeed<PodObject>();
  readonly replicas = new ReplicaRegistry(this.feed, systemClock);
  readonly sent: string[] = [];
  readonly #backends = new Map<string, Backend>();
  readonly #held = new Set<string>();

  static async start(...names: string[]): Promise<Stage> {
    const stage = new Stage();
    stage.replicas.onHealth(({ uid, state }) => stage.sent.push(`${uid} ${state}`));
    for (const name of names) {
      const backend = await startBackend(`uid-of-${name}`, (_, res) => res.end());
      deafWhile(backend, () => stage.#held.has(name));
      stage.#backends.set(name, backend);
      stage.feed.put(name, aPod({ name, revision: 'hello-1', ip: backend.ip, port: backend.port }));
    }
    await until(() => stage.answering.length === names.length, 'all answer');
    return stage;
  }

  get answering(): string[] {
    const all = [...this.replicas.of(KEY)].filter(({ replica }) => replica?.answering);
    return all.map(({ uid }) => uid.replace('uid-of-', ''));
  }

  replica(name: string) {
    const replica = [...this.replicas.of(KEY)].find(({ uid }) => uid === `uid-of-${name}`)?.replica;
    if (replica === undefined) throw new Error(`no ${name}`);
    return replica;
  }

  /** It takes connections and says nothing, as one in an endless loop does; or answers again. */
  hang(name: string, hangs: boolean): void {
    if (hangs) this.#held.add(name);
    else this.#held.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.replicas[Symbol.dispose]();
    for (const { server } of this.#backends.values()) {
      server.closeAllConnections();
      server.close();
    }
  }
}

test('a replica that is said to be stuck is avoided at once, and back as soon as it answers, one request at a time', async () => {
  await using stage = await Stage.start('a', 'b');
  stage.hang('a', true);
  assert.equal(stage.replicas.follow(hint('a', 'stuck')), true);
  assert.deepEqual(stage.answering, ['b']);
  stage.hang('a', false);
  await until(() => stage.answering.length === 2, 'it answers again');
  assert.equal(stage.replica('a').onTrial, true);
  stage.replicas.trust(KEY, stage.replica('a'));
  assert.equal(stage.replica('a').onTrial, false);
  assert.deepEqual(stage.sent, [], 'what others said is not said again');
});

test('a replica that is well is back at once, whatever was said of it', async () => {
  await using stage = await Stage.start('a', 'b');
  stage.replicas.follow(hint('a', 'stuck'));
  const startedAtMs = performance.now();
  await until(() => stage.answering.length === 2, 'it answers');
  assert.ok(performance.now() - startedAtMs < 500);
  assert.equal(stage.replicas.follow(hint('a', 'stuck')), false, 'so soon it is not asked again');
});

test('hints leave at least half of several replicas in service', async () => {
  await using stage = await Stage.start('a', 'b', 'c');
  for (const name of ['a', 'b', 'c']) stage.hang(name, true);
  for (const name of ['a', 'b', 'c']) stage.replicas.follow(hint(name, 'stuck'));
  assert.deepEqual(stage.answering, ['b', 'c']);
});

test('a replica that is alone and said to be stuck gets no request until it has answered', async () => {
  await using stage = await Stage.start('a');
  stage.hang('a', true);
  assert.equal(stage.replicas.follow(hint('a', 'stuck')), true);
  assert.deepEqual(stage.answering, []);
  stage.hang('a', false);
  await until(() => stage.answering.length === 1, 'it answers again');
});

test('one that is alone and well is back at once, and left alone for a while', async () => {
  await using stage = await Stage.start('a');
  const startedAtMs = performance.now();
  assert.equal(stage.replicas.follow(hint('a', 'stuck')), true);
  await until(() => stage.answering.length === 1, 'it answers');
  assert.ok(performance.now() - startedAtMs < 500);
  assert.equal(stage.replicas.follow(hint('a', 'stuck')), false, 'so soon it is not asked again');
});

test('hints about what is not known here do nothing', async () => {
  await using stage = await Stage.start('a', 'b');
  assert.equal(stage.replicas.follow(hint('other', 'stuck')), false);
  assert.equal(stage.replicas.follow({ ...hint('a', 'stuck'), function: 'other/hello' }), false);
  assert.equal(stage.replicas.follow(hint('a', 'answers')), false);
  assert.deepEqual(stage.answering, ['a', 'b']);
});

test('other activators get a hint when a replica does not answer, and when it does again', async () => {
  await using stage = await Stage.start('a', 'b');
  stage.replicas.suspend(KEY, stage.replica('a'));
  assert.deepEqual(stage.sent, ['uid-of-a stuck']);
  await until(() => stage.sent.length === 2, 'the second hint');
  assert.deepEqual(stage.sent, ['uid-of-a stuck', 'uid-of-a answers']);
});

test('a replica that rests after failures is asked as soon as another activator had an answer', async () => {
  await using stage = await Stage.start('a', 'b');
  stage.hang('a', true);
  const replica = stage.replica('a');
  replica.failures = 4;
  stage.replicas.suspend(KEY, replica);
  stage.hang('a', false);
  assert.equal(stage.replicas.follow(hint('a', 'answers')), true);
  const startedAtMs = performance.now();
  await until(() => stage.answering.length === 2, 'it answers', 2_000);
  assert.ok(performance.now() - startedAtMs < 1_000);
});
