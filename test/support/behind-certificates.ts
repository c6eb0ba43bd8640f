import { readFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from '#platform/testing/certificates.ts';
import type { TestFolder } from '../../cli/testing/folder.ts';
import type { System } from './system.ts';

/** In front of the cluster's API server one that knows its callers by certificates. */
export async function behindCertificates({ kubeconfig }: System, folder: TestFolder) {
  const config = parse(await readFile(kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  const { token } = config.users[0].user;
  const agent = new https.Agent({ ca: Buffer.from(ca, 'base64'), keepAlive: true });
  const proxy = https.createServer({ ...TEST_SERVER, ca: TEST_CA, requestCert: true, rejectUnauthorized: true });
  proxy.on('request', (request, response) => {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const onward = https.request(new URL(request.url ?? '/', server), { method: request.method, headers, agent });
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)));
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  config.clusters[0].cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(TEST_CA) };
  config.users[0].user = {
    'client-certificate-data': base64(TEST_CLIENT.cert),
    'client-key-data': base64(TEST_CLIENT.key),
  };
  await folder.write({ kubeconfig: stringify(config) });
  const close = async () => {
    proxy.closeAllConnections();
    agent.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  };
  return { kubeconfig: join(folder.path, 'kubeconfig'), [Symbol.asyncDispose]: close };
}
