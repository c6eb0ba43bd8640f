// Longer than 250 lines: one table of commands and what they print.
/** The clients that users have, unmodified. Left out, with a line that says so, where there are none. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { type ClusterTool, kubectls, runTool } from '#platform/testing/cluster-tools.ts';
import { kubeconfig } from './kubeconfig.ts';
import { configMap, deployment, pod, TestServer, TOKEN } from './test-server.ts';

for (const tool of kubectls('that kubectl works on the API server')) {
  suite(`kubectl ${tool.version}`, () => kubectlSuite(tool));
}

function kubectlSuite(tool: ClusterTool): void {
  let server: TestServer;
  let folder: string;
  before(async () => {
    server = await TestServer.start();
    folder = await mkdtemp(join(tmpdir(), 'cluster-kubectl-'));
    const address = { server: `https://${server.authority}`, ca: server.certificate.cert, token: TOKEN };
    await writeFile(join(folder, 'config'), kubeconfig('test', address));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await server[Symbol.asyncDispose]();
  });

  function environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'config') };
  }

  /** Its output, errors included. `input` goes to its standard input. */
  async function kubectl(args: string[], input: object | string = ''): Promise<string> {
    const stdin = typeof input === 'string' ? input : JSON.stringify(input);
    const { stdout, stderr } = await runTool(tool, args, { env: environment(), stdin, timeoutMs: 30_000 });
    return `${stdout}${stderr}`.trim();
  }

  async function nodeOf(name: string, Port: number): Promise<void> {
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port } } };
    await server.call('POST', '/api/v1/nodes', { metadata: { name }, status });
  }

  test('applies from the client’s side, and sees when nothing changed', async () => {
    assert.equal(await kubectl(['apply', '-f', '-'], deployment('applied')), 'deployment.apps/applied created');
    assert.equal(await kubectl(['apply', '-f', '-'], deployment('applied')), 'deployment.apps/applied unchanged');
    assert.equal(await kubectl(['apply', '-f', '-'], deployment('applied', 2)), 'deployment.apps/applied configured');
  });

  test('applies from the server’s side, and prints conflicts', async () => {
    await kubectl(['apply', '--server-side', '-f', '-'], deployment('contested', 1));
    await kubectl(['scale', 'deployment', 'contested', '--replicas=3']);
    const refused = await kubectl(['apply', '--server-side', '-f', '-'], deployment('contested', 1));
    assert.match(
      refused,
      /Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1: .spec.replicas/,
    );
    const forced = await kubectl(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      deployment('contested', 1),
    );
    assert.equal(forced, 'deployment.apps/contested serverside-applied');
  });

  test('creates jobs and ingresses, which newer releases send as protobuf', async () => {
    assert.equal(await kubectl(['create', 'job', 'once', '--image=example/web:1']), 'job.batch/once created');
    const rule = '--rule=example.com/*=web:80,tls=cert';
    assert.equal(await kubectl(['create', 'ingress', 'door', rule]), 'ingress.networking.k8s.io/door created');
    const { spec } = (await server.get('/apis/networking.k8s.io/v1/namespaces/default/ingresses/door')).body;
    assert.deepEqual(spec.tls, [{ hosts: ['example.com'], secretName: 'cert' }]);
    assert.deepEqual(spec.rules, [
      {
        host: 'example.com',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
        },
      },
    ]);
  });

  test('prints what there is', async () => {
    await kubectl(['apply', '-f', '-'], deployment('printed', 2));
    const [header = '', row = ''] = (await kubectl(['get', 'deployment', 'printed'])).split('\n');
    assert.match(header, /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE$/);
    assert.match(row, /^printed +0\/2 +0 +0 +\d+s$/);
    assert.equal(await kubectl(['get', 'deploy', 'printed', '-o', 'name']), 'deployment.apps/printed');
    assert.equal(await kubectl(['get', 'deploy', 'printed', '-o', 'jsonpath={.spec.replicas}']), '2');
    assert.match(await kubectl(['get', 'all']), /deployment.apps\/printed/);
  });

  test('prints claims, volumes and classes', async () => {
    const rows = async (...what: string[]) => (await kubectl(['get', ...what])).split('\n');
    const metadata = { name: 'slow', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
    await server.call('POST', '/apis/storage.k8s.io/v1/storageclasses', { metadata, provisioner: 'example.com/p' });
    const resources = { requests: { storage: '1Gi' } };
    const spec = { accessModes: ['ReadWriteOncePod'], resources };
    const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
    await server.call('POST', claims, { metadata: { name: 'data' }, spec });
    const [header = '', pending = ''] = await rows('pvc', 'data');
    assert.match(header, /^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS +VOLUMEATTRIBUTESCLASS +AGE$/);
    assert.match(pending, /^data +Pending +slow +<unset> +\d+s$/);
    await server.patch(`${claims}/data`, 'merge', { spec: { volumeName: 'v' } });
    const status = { phase: 'Bound', capacity: resources.requests, accessModes: spec.accessModes };
    await server.patch(`${claims}/data/status`, 'merge', { status });
    assert.match((await rows('pvc', 'data'))[1] ?? '', /^data +Bound +v +1Gi +RWOP +slow +<unset> +\d+s$/);
    const claimRef = { namespace: 'default', name: 'data' };
    const source = { capacity: resources.requests, accessModes: ['ReadWriteMany', 'ReadWriteOnce'], claimRef };
    const volume = {
      metadata: { name: 'v' },
      spec: { ...source, hostPath: { path: '/srv' }, storageClassName: 'slow' },
    };
    await server.call('POST', '/api/v1/persistentvolumes', volume);
    const [ofVolume = '', row = ''] = await rows('pv', 'v');
    assert.match(
      ofVolume,
      /^NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS +CLAIM +STORAGECLASS +VOLUMEATTRIBUTESCLASS +REASON +AGE$/,
    );
    assert.match(row, /^v +1Gi +RWO,RWX +Retain +Pending +default\/data +slow +<unset> +\d+s$/);
    const [ofClass = '', slow = ''] = await rows('sc');
    assert.match(ofClass, /^NAME +PROVISIONER +RECLAIMPOLICY +VOLUMEBINDINGMODE +ALLOWVOLUMEEXPANSION +AGE$/);
    assert.match(slow, /^slow \(default\) +example.com\/p +Delete +Immediate +false +\d+s$/);
  });

  test('says which field is wrong, and which is not known', async () => {
    const wrong = { ...deployment('wrong', -1) };
    assert.match(
      await kubectl(['create', '-f', '-'], wrong),
      /The Deployment "wrong" is invalid: spec.replicas: Invalid value: -1/,
    );
    const odd = { ...deployment('odd'), speck: {} };
    assert.match(await kubectl(['create', '-f', '-'], odd), /unknown field "speck"/);
  });

  test('creates and empties a namespace', async () => {
    assert.equal(await kubectl(['create', 'namespace', 'short']), 'namespace/short created');
    assert.equal(
      await kubectl(['create', 'configmap', 'c', '--from-literal=a=b', '-n', 'short']),
      'configmap/c created',
    );
    assert.equal(await kubectl(['get', 'configmap', 'c', '-n', 'short', '-o', 'jsonpath={.data.a}']), 'b');
    assert.equal(await kubectl(['delete', 'namespace', 'short']), 'namespace "short" deleted');
    assert.match(await kubectl(['get', 'namespace', 'short']), /namespaces "short" not found/);
  });

  test('creates what it sends in another form than JSON', async () => {
    const made = await kubectl(['create', 'deployment', 'made', '--image=example/web:2', '--port=80', '--', 'serve']);
    assert.equal(made, 'deployment.apps/made created');
    const container = await kubectl([
      'get',
      'deployment',
      'made',
      '-o',
      'jsonpath={.spec.template.spec.containers[0]}',
    ]);
    const { image, command, ports } = JSON.parse(container);
    assert.deepEqual([image, command, ports[0].containerPort], ['example/web:2', ['serve'], 80]);
  });

  test('describes a pod with its events', async () => {
    const { body } = await server.call('POST', '/api/v1/namespaces/default/pods', pod('described'));
    await server.call('POST', '/api/v1/namespaces/default/events', {
      metadata: { name: 'described.1' },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'default',
        name: 'described',
        uid: body.metadata.uid,
      },
      reason: 'Noticed',
      message: 'this was noticed',
      type: 'Normal',
      lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
    });
    const described = await kubectl(['describe', 'pod', 'described']);
    assert.match(described, /Image: +example\/web:1/);
    assert.match(described, /Normal +Noticed +.*this was noticed/);
    assert.match(await kubectl(['get', 'events']), /Noticed +pod\/described +this was noticed/);
    // Before 1.26 there is no such command.
    assert.match(await kubectl(['events', '--for', 'pod/described']), /this was noticed|unknown command "events"/);
  });

  test('waits for a condition and for the end', async () => {
    await server.call('POST', '/api/v1/namespaces/default/pods', pod('awaited'));
    const ready = kubectl(['wait', '--for=condition=Ready', 'pod/awaited', '--timeout=20s']);
    await server.patch('/api/v1/namespaces/default/pods/awaited/status', 'strategic', {
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    assert.equal(await ready, 'pod/awaited condition met');
    const gone = kubectl(['wait', '--for=delete', 'pod/awaited', '--timeout=20s']);
    await server.call('DELETE', '/api/v1/namespaces/default/pods/awaited');
    await gone;
    assert.match(await kubectl(['get', 'pod', 'awaited']), /not found/);
  });

  test('deletes at once when told to', async () => {
    await server.call('POST', '/api/v1/namespaces/default/pods', pod('forced', { nodeName: 'nowhere' }));
    const said = await kubectl(['delete', 'pod', 'forced', '--grace-period=0', '--force']);
    assert.match(said, /pod "forced" force deleted/);
  });

  test('reads logs from the kubelet of the pod’s node', async () => {
    const asked: string[] = [];
    const kubelet = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('one line\n');
    });
    await new Promise<void>((resolve) => {
      kubelet.listen(0, '127.0.0.1', () => resolve());
    });
    await nodeOf('talker', (kubelet.address() as AddressInfo).port);
    await server.call('POST', '/api/v1/namespaces/default/pods', pod('talking', { nodeName: 'talker' }));
    assert.equal(await kubectl(['logs', 'talking', '--tail=5']), 'one line');
    assert.deepEqual(asked, ['/containerLogs/default/talking/main?tailLines=5']);
    kubelet.close();
  });

  test('follows logs as they come', async () => {
    const lines = ['first\n', 'second\n'];
    const kubelet = createServer((request, response) => {
      assert.equal(request.url, '/containerLogs/default/following/main?follow=true');
      response.write(lines[0]);
      setImmediate(() => response.end(lines[1]));
    });
    await new Promise<void>((resolve) => {
      kubelet.listen(0, '127.0.0.1', () => resolve());
    });
    await nodeOf('follower', (kubelet.address() as AddressInfo).port);
    await server.call('POST', '/api/v1/namespaces/default/pods', pod('following', { nodeName: 'follower' }));
    assert.equal(await kubectl(['logs', '-f', 'following']), 'first\nsecond');
    kubelet.close();
  });

  test('watches rows as they change', async () => {
    const configMaps = '/api/v1/namespaces/default/configmaps';
    await server.call('POST', configMaps, configMap('watched', { a: '1' }, { seen: 'yes' }));
    const arguments_ = ['get', 'configmaps', '-l', 'seen=yes', '-w', '--no-headers'];
    const child = spawn(tool.path, arguments_, { env: environment(), timeout: 20_000 });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    assert.match(String((await lines.next()).value), /^watched +1 +\d+s$/);
    await server.patch(`${configMaps}/watched`, 'merge', { data: { b: '2' } });
    assert.match(String((await lines.next()).value), /^watched +2 +\d+s$/);
    child.kill();
  });

  test('explains fields and lists what is served', async () => {
    assert.match(await kubectl(['explain', 'deployment.spec.replicas']), /FIELD: +replicas <integer>/);
    assert.match(await kubectl(['api-resources']), /deployments +deploy +apps\/v1 +true +Deployment/);
    assert.match(await kubectl(['version']), /Server Version:.*v1\.36\./);
    assert.equal(await kubectl(['auth', 'can-i', 'create', 'pods']), 'yes');
  });

  test('finds out what it may do, as itself and as another', async () => {
    assert.equal(await kubectl(['auth', 'can-i', 'delete', 'pods']), 'yes');
    await kubectl(['create', 'serviceaccount', 'robot']);
    await kubectl(['create', 'role', 'scaler', '--verb=get,patch', '--resource=deployments.apps/scale']);
    await kubectl(['create', 'rolebinding', 'scaler', '--role=scaler', '--serviceaccount=default:robot']);
    const robot = '--as=system:serviceaccount:default:robot';
    assert.equal(await kubectl(['auth', 'can-i', 'patch', 'deployments.apps/x', '--subresource=scale', robot]), 'yes');
    assert.equal(await kubectl(['auth', 'can-i', 'patch', 'deployments.apps/x', robot]), 'no');
    assert.equal(await kubectl(['auth', 'can-i', 'get', 'deployments', '--subresource=scale', '-A', robot]), 'no');
    const listed = await kubectl(['auth', 'can-i', '--list', robot]);
    assert.match(listed, /deployments\.apps\/scale\s+\[\]\s+\[\]\s+\[get patch\]/);
    assert.match(listed, /\[\/readyz\]\s+\[\]\s+\[get\]/);
    assert.match(await kubectl(['auth', 'whoami', robot]), /Username\s+system:serviceaccount:default:robot/);
    const refused = await kubectl(['get', 'pods', robot]);
    assert.match(refused, /^Error from server \(Forbidden\): pods is forbidden: User "\S+:robot" cannot list/);
  });

  test('gets a token for a service account, and uses it', async () => {
    const token = await kubectl(['create', 'token', 'default', '--duration=20m']);
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const whoAmI = await kubectl(['auth', 'whoami', `--token=${token}`, '--kubeconfig=/dev/null', ...insecure()]);
    assert.match(whoAmI, /Username\s+system:serviceaccount:default:default/);
  });

  /** The server without a kubeconfig. */
  function insecure(): string[] {
    return [`--server=https://${server.authority}`, '--insecure-skip-tls-verify'];
  }
}
