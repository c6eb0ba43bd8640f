import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEST_CLIENT, TEST_SERVER } from '../testing/certificates.ts';
import { CLIENT_CA, FRONTEND, OTHER_CLIENT_CA } from '../testing/client-certificates.ts';
import { Inbox, silentLog } from '../testing/scripted-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { createLog } from './log.ts';
import { TlsFiles, type TlsPair } from './tls-files.ts';

type Context = { after: (fn: () => Promise<void>) => void };

async function twoFiles(t: Context, pair: TlsPair) {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const write = async ({ cert, key }: TlsPair) => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
  };
  await write(pair);
  return { certFile, keyFile, write };
}

async function opened(t: Context, clientCa?: string) {
  const { write, ...two } = await twoFiles(t, TEST_SERVER);
  const clientCaFile = join(two.certFile, '..', 'ca.crt');
  const writeCa = (text: string) => writeFile(clientCaFile, text);
  if (clientCa !== undefined) await writeCa(clientCa);
  const paths = { ...two, ...(clientCa !== undefined && { clientCaFile }) };
  const clock = new TestClock();
  const changes = new Inbox<TlsPair>();
  const lines = new Inbox<string>();
  const log = createLog({ service: 'test', write: (line) => lines.put(JSON.parse(line).msg) });
  const files = await TlsFiles.open({ ...paths, clock, log, onChange: changes.put });
  t.after(async () => files[Symbol.dispose]());
  /** Has the files looked at, and waits until they have been. */
  const look = async () => {
    clock.advance(2_000);
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { files, write, writeCa, look, changes, lines };
}

test('a new pair is told of once', async (t) => {
  const { files, write, look, changes } = await opened(t);
  assert.equal(files.pair.cert, TEST_SERVER.cert);
  await look();
  assert.equal(changes.size, 0);
  await write(TEST_CLIENT);
  await look();
  await look();
  assert.deepEqual(await changes.next(), TEST_CLIENT);
  assert.equal(changes.size, 0);
});

test('a pair that does not belong together is logged once and not used; the next good one is', async (t) => {
  const { write, look, changes, lines } = await opened(t);
  await write({ cert: TEST_CLIENT.cert, key: TEST_SERVER.key });
  await look();
  await look();
  assert.equal(changes.size, 0);
  assert.equal(lines.size, 1);
  await write(TEST_CLIENT);
  await look();
  assert.deepEqual(await changes.next(), TEST_CLIENT);
});

test('what cannot be used at the start is named', async (t) => {
  const { write: _, ...paths } = await twoFiles(t, { cert: 'no', key: 'no' });
  const options = { ...paths, log: silentLog, onChange: () => undefined };
  await assert.rejects(TlsFiles.open(options), /tls\.crt and .*tls\.key are no certificate and its key/);
  await assert.rejects(TlsFiles.open({ ...options, certFile: '/nowhere' }), /ENOENT.*nowhere/);
});

test('new authorities of clients are told of as a new pair is, and with what they stand between is no matter', async (t) => {
  const { files, writeCa, look, changes } = await opened(t, `of clients\n${CLIENT_CA}`);
  assert.equal(files.pair.clientCa, CLIENT_CA);
  await writeCa(`${CLIENT_CA}\n# and\n${OTHER_CLIENT_CA}`);
  await look();
  assert.equal((await changes.next()).clientCa, `${CLIENT_CA.trim()}\n${OTHER_CLIENT_CA}`);
});

test('authorities that cannot be read, or are none, leave those that were there', async (t) => {
  const { writeCa, look, changes, lines } = await opened(t, CLIENT_CA);
  const cut = CLIENT_CA.slice(0, 200);
  for (const bad of [
    '',
    '\n',
    cut,
    `${cut}${OTHER_CLIENT_CA}`,
    `${CLIENT_CA}${cut.replaceAll('M', 'N')}${CLIENT_CA}`,
    FRONTEND,
  ]) {
    await writeCa(bad);
    await look();
  }
  assert.equal(changes.size, 0);
  assert.ok(lines.size >= 3);
});

test('an empty file of authorities is a mistake at the start: it is not all authorities that there are', async (t) => {
  await assert.rejects(opened(t, ''), /ca\.crt has no certificate of an authority/);
  await assert.rejects(opened(t, FRONTEND), /ca\.crt has more than certificates of authorities/);
});
