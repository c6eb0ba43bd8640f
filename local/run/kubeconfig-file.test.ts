import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './free-port.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';

test('a second run leaves the kubeconfig of the first one alone, and takes over that of one that is gone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-kubeconfig-'));
  t.after(() => rm(folder, { recursive: true }));
  const usual = join(folder, 'kubeconfig');
  assert.equal(await kubeconfigFile(folder, 8081), usual);

  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await writeFile(usual, `clusters:\n  - cluster:\n      server: https://127.0.0.1:${port}\n`);
  assert.equal(await kubeconfigFile(folder, 8081), join(folder, 'kubeconfig-8081'));

  await writeFile(usual, `clusters:\n  - cluster:\n      server: https://127.0.0.1:${await freePort()}\n`);
  assert.equal(await kubeconfigFile(folder, 8081), usual);
});
