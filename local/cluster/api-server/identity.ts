/** What a server keeps besides its objects, so that a kubeconfig goes on working after a restart. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from './auth/certificate.ts';
import { selfSigned } from './auth/certificate.ts';
import { newSigningKey } from './auth/json-web-token.ts';

interface Identity {
  /** The administrator's; in the file `admin.token`, for whoever may read it. */
  token: string;
  certificate: Certificate;
  /** With which tokens of service accounts are signed, PEM. */
  signingKey: string;
}

/**
 * The identity in `folder`, made where there is none yet.
 * @param host address that clients use, besides 127.0.0.1 and localhost
 */
export async function identityIn(folder: string, host: string): Promise<Identity> {
  await mkdir(folder, { recursive: true });
  const token = await kept(join(folder, 'admin.token'), () => randomBytes(24).toString('hex'));
  const addresses = [...new Set(['127.0.0.1', host])].filter((address) => /^\d+(\.\d+){3}$/.test(address));
  const certificate = await kept(join(folder, `certificate-${host}.json`), () =>
    JSON.stringify(selfSigned(addresses, Date.now())),
  );
  const signingKey = await kept(join(folder, 'service-account.key'), newSigningKey);
  return { token, certificate: JSON.parse(certificate) as Certificate, signingKey };
}

/** The file's content; made, whole, when there is no such file. Readable by its owner alone. */
async function kept(path: string, make: () => string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const content = make();
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return content;
}
