/** An informer against a server that does everything wrong that a server can, in an order drawn from a seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '../kube/client.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import { type Call, ScriptedApiServer, silentLog } from '../testing/scripted-api-server.ts';
import { seeded } from '../testing/seeded.ts';
import { Informer } from './informer.ts';

interface Stored {
  metadata: { namespace: string; name: string; uid: string; resourceVersion: string };
}

/** Objects with a history of events, part of which it forgets, and watches that it treats badly until it is healed. */
class FaultyCluster {
  readonly objects = new Map<string, Stored>();
  readonly #random: () => number;
  readonly #watches = new Set<Call>();
  #history: { version: number; line: string }[] = [];
  #version = 100;
  #healed = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  heal(): void {
    this.#healed = true;
    for (const watch of this.#watches) watch.cut();
  }

  /** Creates, changes or deletes one of ten objects. */
  mutate(): void {
    const name = `object-${Math.floor(this.#random() * 10)}`;
    if (this.#random() < 0.3) this.delete(name);
    else this.put(name);
  }

  put(name: string): void {
    const before = this.objects.get(name);
    const object = this.#next(name, before?.metadata.uid);
    this.objects.set(name, object);
    this.#publish(before === undefined ? 'ADDED' : 'MODIFIED', object);
  }

  delete(name: string): void {
    const before = this.objects.get(name);
    if (before === undefined) return;
    this.objects.delete(name);
    this.#publish('DELETED', this.#next(name, before.metadata.uid));
  }

  #next(name: string, uid: string | undefined): Stored {
    this.#version += 1;
    const version = String(this.#version);
    return { metadata: { namespace: 'a', name, uid: uid ?? `uid-${version}`, resourceVersion: version } };
  }

  answer(call: Call): void {
    if (!this.#healed && this.#random() < 0.2) this.#refuse(call);
    else if (call.isWatch) this.#watch(call);
    else call.reply({ metadata: { resourceVersion: String(this.#version) }, items: [...this.objects.values()] });
  }

  #refuse(call: Call): void {
    const fault = this.#random();
    if (fault < 0.4) call.fail(500, 'InternalError');
    else if (fault < 0.6) call.fail(410, 'Expired');
    else call.cut();
  }

  #watch(call: Call): void {
    const from = Number(call.query('resourceVersion'));
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    if (from < oldest - 1) {
      call.fail(410, 'Expired');
      return;
    }
    call.open();
    for (const { version, line } of this.#history) if (version > from) call.write(line);
    this.#watches.add(call);
    call.closed().then(() => this.#watches.delete(call));
  }

  #publish(type: string, object: Stored): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#history.push({ version: this.#version, line });
    this.#history = this.#history.slice(-15);
    for (const watch of [...this.#watches]) this.#deliver(watch, line);
  }

  #deliver(watch: Call, line: string): void {
    const fault = this.#healed ? 1 : this.#random();
    if (fault < 0.15) this.#watches.delete(watch); // and that alone: silent from now on
    if (fault < 0.03) watch.write(line.slice(0, 20)).cut();
    else if (fault < 0.06) watch.write('garbage\n');
    else if (fault < 0.09) watch.send({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    else if (fault < 0.12) watch.write(line).end();
    else if (fault >= 0.15) watch.write(line);
  }
}

/** Follows changes and notes each that does not fit what was told before. */
function aFollower() {
  const state = new Map<string, string>();
  const contradictions: string[] = [];
  return {
    state,
    contradictions,
    follow(change: { type: string; object: { metadata?: { name?: string; resourceVersion?: string } } }): void {
      const { name = '', resourceVersion = '' } = change.object.metadata ?? {};
      const before = state.get(name);
      const fits = change.type === 'added' ? before === undefined : before !== undefined;
      const goesBack = before !== undefined && change.type !== 'deleted' && Number(resourceVersion) <= Number(before);
      if (!fits || goesBack) contradictions.push(`${change.type} ${name}@${resourceVersion} after ${before}`);
      if (change.type === 'deleted') state.delete(name);
      else state.set(name, resourceVersion);
    },
  };
}

const versions = (objects: Iterable<{ metadata?: { name?: string; resourceVersion?: string } }>) =>
  [...objects].map((object) => `${object.metadata?.name}@${object.metadata?.resourceVersion}`).sort();

/** Answers every call, and makes 1,500 changes with pauses in which the informer can follow, fall behind or be cut off. */
async function disturb(cluster: FaultyCluster, server: ScriptedApiServer, random: () => number): Promise<void> {
  server.calls.onEach((call) => cluster.answer(call));
  for (let change = 0; change < 1_500; change += 1) {
    cluster.mutate();
    // biome-ignore lint/plugin: the pauses are the disturbance; nothing is waited for.
    if (change % 5 === 0) await new Promise((resolve) => setTimeout(resolve, random() * 5));
  }
}

test('whatever the server does, the changes fit together and the end is the truth', { timeout: 60_000 }, async () => {
  const random = seeded(20_261_121);
  const cluster = new FaultyCluster(random);
  await using server = await ScriptedApiServer.start();
  await using kube = new KubeClient(server.access());
  const timing = { watchSeconds: 60, idleMs: 150, baseMs: 1, maxMs: 10 };
  await using informer = new Informer({ kube, resource: CONFIG_MAPS, log: silentLog, timing });
  const follower = aFollower();
  informer.onChange(follower.follow);
  await disturb(cluster, server, random);
  const last = new Promise<void>((resolve) => {
    informer.onChange((change) => change.object.metadata?.name === 'last' && resolve());
  });
  cluster.heal();
  cluster.put('last');
  await last;
  assert.deepEqual(follower.contradictions, []);
  assert.deepEqual(versions(informer.list()), versions(cluster.objects.values()));
  assert.deepEqual(
    [...follower.state].map(([name, version]) => `${name}@${version}`).sort(),
    versions(informer.list()),
  );
});
