/** The file that tells kubectl where the cluster is and who asks. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';

interface ClusterAddress {
  /** `https://127.0.0.1:38211` */
  server: string;
  /** The server's certificate, PEM. */
  ca: string;
  token: string;
}

/** @param name of the cluster, its user and the context */
export function kubeconfig(name: string, { server, ca, token }: ClusterAddress): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

/** Readable by its owner alone; whoever reads it while it is replaced sees the old or the new one. */
export async function writeKubeconfig(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}
