/** Two activators that tell each other which replica is stuck. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PEER_AUDIENCE } from '#api/names.ts';
import { aFunction, aPod, ask, until } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster, startActivator } from '../../activator/testing/test-process.ts';
import { newSigningKey, TokenSigner } from '../../local/cluster/api-server/auth/json-web-token.ts';
import { freePort } from '../../local/run/free-port.ts';
import { bundleEnv, Replica } from '../../runtime-image/testing/replica.ts';

const SOURCE = `export default (request: Request) => {
  if (new URL(request.url).pathname === '/loop') for (;;) {}
  return process.env.CATNAP_POD_UID;
}`;
const CLAIMS = {
  iss: 'https://kubernetes.default.svc.cluster.local',
  aud: [PEER_AUDIENCE],
  sub: 'system:serviceaccount:catnap-system:catnap-activator',
  exp: Date.now() / 1000 + 3_600,
};

/** Two activators as processes, each with what it presents to the other, in front of two replicas. */
class Pair implements AsyncDisposable {
  readonly activators: Activator[] = [];
  readonly #stack = new AsyncDisposableStack();

  static async start(claims: readonly [object, object], showsKeys = true): Promise<Pair> {
    const pair = new Pair();
    const signer = new TokenSigner(newSigningKey());
    const spec = { timeouts: { firstByteSeconds: 1 } };
    const cluster = pair.#stack.use(await Cluster.start([aFunction('hello', spec)]));
    if (showsKeys) cluster.keySet = { keys: [signer.publicJwk] };
    const dir = await mkdtemp(join(tmpdir(), 'catnap-peers-'));
    pair.#stack.defer(() => rm(dir, { recursive: true }));
    const ports = [await freePort(), await freePort()];
    for (const [i, own] of claims.entries()) {
      const tokenFile = join(dir, `${i}.token`);
      await writeFile(tokenFile, signer.sign(own));
      const env = {
        CATNAP_OPS_PORT: String(ports[i]),
        CATNAP_PEER_URLS: `http://127.0.0.1:${ports[1 - i]}`,
        CATNAP_PEER_TOKEN_FILE: tokenFile,
      };
      pair.activators.push(pair.#stack.use(await startActivator(cluster.url, env)));
    }
    const bundle = await bundleEnv(SOURCE);
    for (const name of ['a', 'b']) {
      const replica = pair.#stack.use(new Replica({ ...bundle, CATNAP_POD_UID: `uid-of-${name}` }));
      const port = Number(new URL(await replica.origin()).port);
      cluster.showPod(aPod({ name, revision: 'hello-1', ip: '127.0.0.1', port }));
    }
    return pair;
  }

  /** One request over a connection of its own. */
  ask(activator: number, path = '/') {
    return ask(this.activators[activator]?.port ?? 0, { path });
  }

  async metric(activator: number, sample: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.activators[activator]?.opsPort}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${sample} `))
        ?.split(' ')[1],
    );
  }

  /** Until both have been answered by both replicas. */
  async warm(): Promise<void> {
    for (const activator of [0, 1]) {
      const seen = new Set<string>();
      while (seen.size < 2) seen.add((await this.ask(activator)).body);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  let holds = false;
  const asking = setInterval(async () => {
    holds ||= await condition().catch(() => false);
  }, 50);
  await until(() => holds, what, 10_000).finally(() => clearInterval(asking));
}

const OUT = 'catnap_activator_peer_streams{direction="out"}';
const IN = 'catnap_activator_peer_streams{direction="in"}';

test('a replica in an endless loop, found by one activator, is avoided by the other within a second', async (t) => {
  await using pair = await Pair.start([CLAIMS, CLAIMS]);
  await pair.warm();
  for (const i of [0, 1]) {
    await eventually(async () => (await pair.metric(i, OUT)) === 1 && (await pair.metric(i, IN)) === 1, 'connected');
  }
  const stuck = await pair.ask(0, '/loop');
  assert.equal(stuck.status, 504);
  const heardAtMs = performance.now();
  await eventually(
    async () => (await pair.metric(1, 'catnap_activator_peer_hints_total{event="followed"}')) >= 1,
    'heard',
  );
  t.diagnostic(`heard within ${Math.round(performance.now() - heardAtMs)} ms, by its metrics`);
  assert.ok(performance.now() - heardAtMs < 1_000);
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => pair.ask(i % 2)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
});

test('an activator whose token is over, for others or of another account is not heard, and requests are served as ever', async () => {
  const wrong: [string, object][] = [
    ['over', { ...CLAIMS, exp: Date.now() / 1000 - 100 }],
    ['for others', { ...CLAIMS, aud: ['https://kubernetes.default.svc.cluster.local'] }],
    ['of another account', { ...CLAIMS, sub: 'system:serviceaccount:shop:default' }],
  ];
  for (const [what, claims] of wrong) {
    await using pair = await Pair.start([CLAIMS, claims]);
    const refused = 'catnap_activator_peer_refusals_total{reason="bad_token"}';
    await eventually(async () => (await pair.metric(0, refused)) >= 1, what);
    assert.equal(await pair.metric(0, IN), 0, what);
    await pair.warm();
  }
});

test('without keys to check tokens by nothing is heard, and requests are served as ever', async () => {
  await using pair = await Pair.start([CLAIMS, CLAIMS], false);
  const refused = 'catnap_activator_peer_refusals_total{reason="no_keys"}';
  await eventually(async () => (await pair.metric(0, refused)) >= 2, 'the peer is refused, and tries again');
  await pair.warm();
  assert.equal(pair.activators[0]?.said.filter((line) => line.startsWith('refused a peer')).length, 1);
});
