import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '../kube/client.ts';
import type { Lease } from '../kube/resources.ts';
import { Inbox, ScriptedApiServer, silentLog } from '../testing/scripted-api-server.ts';
import { KubeLease } from './lease-store.ts';

const { signal } = new AbortController();
const path = '/apis/coordination.k8s.io/v1/namespaces/s/leases';

const aLease = (resourceVersion: string, holderIdentity = 'a') => ({
  metadata: { namespace: 's', name: 'x', uid: 'u', labels: { kept: 'yes' }, resourceVersion },
  spec: { holderIdentity },
});

/** A lease that is known in version 5, and its open watch. */
async function following(t: { after: (fn: () => Promise<void>) => void }) {
  const server = await ScriptedApiServer.start();
  const kube = new KubeClient(server.access());
  const store = new KubeLease({ kube, namespace: 's', name: 'x', log: silentLog });
  const heard = new Inbox<Lease | undefined>();
  store.follow(heard.put);
  t.after(async () => {
    await store[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const list = await server.calls.next();
  assert.equal(list.query('fieldSelector'), 'metadata.name=x');
  list.reply({ metadata: { resourceVersion: '5' }, items: [aLease('5')] });
  const watch = (await server.calls.next()).open();
  assert.equal(watch.query('fieldSelector'), 'metadata.name=x');
  const known = await heard.next();
  return { calls: server.calls, store, heard, watch, known };
}

test('a state that is older than what was just written is not told', async (t) => {
  const { calls, store, heard, watch, known } = await following(t);
  const written = store.write({ holderIdentity: 'b' }, known, { signal });
  const call = await calls.next();
  assert.equal(`${call.method} ${call.url.pathname}`, `PUT ${path}/x`);
  const { metadata, spec } = JSON.parse(call.body);
  assert.deepEqual([metadata.resourceVersion, metadata.labels, spec.holderIdentity], ['5', { kept: 'yes' }, 'b']);
  call.reply(aLease('8', 'b'));
  assert.equal((await written).spec?.holderIdentity, 'b');
  watch.send({ type: 'MODIFIED', object: aLease('7') }, { type: 'MODIFIED', object: aLease('9', 'c') });
  assert.equal((await heard.next())?.spec?.holderIdentity, 'c');
});

test('one that is deleted is told as gone, read as none, and made anew', async (t) => {
  const { calls, store, heard, watch } = await following(t);
  watch.send({ type: 'DELETED', object: aLease('6') });
  assert.equal(await heard.next(), undefined);
  const read = store.read({ signal });
  const list = await calls.next();
  assert.equal(list.url.searchParams.get('fieldSelector'), 'metadata.name=x');
  list.reply({ metadata: { resourceVersion: '6' }, items: [] });
  assert.equal(await read, undefined);
  const made = store.write({ holderIdentity: 'b' }, undefined, { signal });
  const call = await calls.next();
  assert.equal(`${call.method} ${call.url.pathname}`, `POST ${path}`);
  call.reply(aLease('7', 'b'), 201);
  assert.equal((await made).metadata?.resourceVersion, '7');
});
