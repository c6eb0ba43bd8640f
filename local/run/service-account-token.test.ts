import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterAccess } from '#platform/access/credentials.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { serviceAccountToken } from '#platform/kube/service-account-token.ts';
import { TestServer, TOKEN } from '../cluster/api-server/test-server.ts';

function accessWith(authority: string, token: string): ClusterAccess {
  const credentials = async () => ({ authorization: `Bearer ${token}`, tls: {} });
  return { server: `http://${authority}`, source: 'test', credentials, refresh: () => undefined };
}

test('a process asks in the name of the service account whose token it has', async () => {
  await using server = await TestServer.start();
  await using admin = new KubeClient(accessWith(server.authority, TOKEN));
  const { signal } = new AbortController();
  const token = await serviceAccountToken(admin, { namespace: 'default', name: 'default' }, signal);
  await using kube = new KubeClient(accessWith(server.authority, token));
  const asked = kube.list(CONFIG_MAPS, { namespace: 'default', signal });
  await assert.rejects(asked, /User "system:serviceaccount:default:default" cannot list resource "configmaps"/);
  await assert.rejects(serviceAccountToken(admin, { namespace: 'default', name: 'nobody' }, signal), { status: 404 });
});
