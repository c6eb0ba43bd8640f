/** What a container has around it in a cluster, and a process of one machine has not by itself. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EVENTS, PODS, SERVICES } from '#platform/kube/resources.ts';
import { aContainer, aPod, ask, first, isReady, TestNamespace, until } from './fixtures.ts';
import { TestCluster } from './programs.ts';

/** Listens at all addresses, as programs of other people do, and answers with what `/path` asks of it. */
const PLAIN = `
  const http = require('node:http');
  const held = [];
  http.createServer(async (request, response) => {
    if (request.url === '/grow') for (let n = 0; n < 300; n += 1) held.push(Buffer.alloc(1048576, 1));
    const called = request.url.startsWith('/call/') ? await (await fetch('http://' + request.url.slice(6))).text().catch(String) : '';
    response.end(JSON.stringify({ pid: process.pid, peer: request.socket.remoteAddress, called }));
  }).listen(process.env.PORT);`;
const FIXED = `require('node:http').createServer(() => {}).listen(process.env.FIXED)`;

let cluster: TestCluster;
before(async () => {
  cluster = await TestCluster.start({
    plain: ['node', '-e', PLAIN],
    fixed: ['node', '-e', FIXED],
    sh: { command: ['/bin/sh', '-c'], ownFolder: true },
  });
});
after(async () => await cluster[Symbol.asyncDispose]());

function plain(more: object = {}) {
  return aContainer({
    image: 'plain',
    env: [{ name: 'PORT', value: '8080' }],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
    ...more,
  });
}

async function ready(ns: TestNamespace, name: string) {
  return await until(async () => {
    const pod = await ns.pod(name);
    return isReady(pod) && pod;
  });
}

test('programs that listen on $PORT at all addresses run side by side, each at the address of its pod', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  for (const name of ['one', 'two']) await ns.createPod(name, { containers: [plain()] });
  const answers = await Promise.all(
    ['one', 'two'].map(async (name) => JSON.parse((await ask(await ready(ns, name))) ?? '{}')),
  );
  assert.equal(new Set(answers.map(({ pid }) => pid)).size, 2);
});

test('such a program is reached again by the next pod runner', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  await ns.createPod('kept', { containers: [plain()] });
  const pod = await ready(ns, 'kept');
  const { pid } = JSON.parse((await ask(pod)) ?? '{}');
  await cluster.podRunner.end('SIGKILL');
  await cluster.podRunner.start();
  assert.equal(JSON.parse(await until(() => ask(pod))).pid, pid);
});

test('a program that listens at all addresses on the port of others is refused it, and takes no requests of theirs', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const FIXED_PORT = 18_347;
  const own = { env: [{ name: 'PORT', value: `${FIXED_PORT}` }], ports: [{ name: 'http', containerPort: FIXED_PORT }] };
  const env = [...own.env, { name: 'FIXED', value: `${FIXED_PORT}` }];
  await ns.createPod('deaf', { containers: [aContainer({ image: 'fixed', ...own, env })] });
  const ended = await until(async () => first(await ns.pod('deaf'))?.lastState?.terminated);
  assert.match(ended.message ?? '', /listen on \$PORT/);
});

test('a program that finds its port taken leaves an Event, and a message, that say where to listen', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const port = new URL(cluster.url).port;
  const env = [{ name: 'FIXED', value: port }];
  await ns.createPod('fixed', { containers: [aContainer({ image: 'fixed', env })] });
  const event = await until(async () => {
    const events = await cluster.kube.listAll(EVENTS, { namespace: ns.name, signal: ns.signal });
    return events.items.find(({ reason }) => reason === 'AddressInUse');
  });
  assert.match(event.message ?? '', /\$PORT.*\$HOST/);
  const ended = await until(async () => first(await ns.pod('fixed'))?.lastState?.terminated);
  assert.match(ended.message ?? '', /\$PORT.*\$HOST/);
});

test('a container that takes more memory than its limit is ended, OOMKilled, and runs again', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const resources = { limits: { memory: '200Mi' } };
  await ns.createPod('greedy', { containers: [plain({ resources })] });
  const pod = await ready(ns, 'greedy');
  await ask(pod, '/grow');
  const status = await until(async () => {
    const found = first(await ns.pod('greedy'));
    return found?.restartCount === 1 && found.state?.running !== undefined && found;
  });
  assert.deepEqual([status.lastState?.terminated?.reason, status.lastState?.terminated?.exitCode], ['OOMKilled', 137]);
});

test('what a container writes beside itself is in a folder of its own, new at each run, gone with the pod', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const args = ['ls; echo here > file; echo temporary > "$TMPDIR/file"; pwd; exit 1'];
  const { metadata } = await ns.createPod('writer', { containers: [aContainer({ args })] });
  await until(async () => (first(await ns.pod('writer'))?.restartCount ?? 0) > 0);
  const folder = join(cluster.dataDir, 'pods', metadata?.uid ?? '');
  await until(async () => (await ns.log('writer').catch(() => '')) === `${join(folder, 'work/a')}\n`);
  assert.equal(existsSync('file'), false);
  await ns.remove('writer');
  await until(async () => !existsSync(folder));
});

test('Services are called by name, with and without a namespace, and see the address of the pod that calls', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const target = aPod(ns.name, 'target', { containers: [plain()] });
  const labels = { app: 'target' };
  await cluster.kube.create(PODS, { ...target, metadata: { ...target.metadata, labels } }, { signal: ns.signal });
  const spec = { selector: labels, ports: [{ port: 80, targetPort: 'http' }] };
  const service = { metadata: { namespace: ns.name, name: 'target' }, spec };
  await cluster.kube.create(SERVICES, service, { signal: ns.signal });
  await ns.createPod('caller', { containers: [plain()] });
  await ready(ns, 'target');
  const caller = await ready(ns, 'caller');
  for (const name of ['target', `target.${ns.name}`, `target.${ns.name}.svc.cluster.local`]) {
    const { called } = await until(async () => {
      const answer = await ask(caller, `/call/${name}/`);
      return answer !== undefined && JSON.parse(answer);
    });
    assert.equal(JSON.parse(called).peer, `::ffff:${caller.status?.podIP}`);
  }
});
