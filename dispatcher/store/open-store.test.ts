import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openStore } from './open-store.ts';
import { DEFAULT_LIMITS } from './store.ts';
import { PostgresServer, withoutPostgres } from './testing/postgres-server.ts';

const parent = mkdtempSync(join(tmpdir(), 'catnap-open-store-'));
after(() => rmSync(parent, { recursive: true }));
const options = { folder: undefined, urlFile: undefined, limits: DEFAULT_LIMITS, worker: undefined };

test('one place has to be named, and no more', async () => {
  await assert.rejects(openStore(options), /name one place for the queue/);
  await assert.rejects(openStore({ ...options, folder: parent, urlFile: parent }), /name one place for the queue/);
});

test('a store of its own loads nothing of what speaks to a database', () => {
  const program = `
    import { createRequire } from 'node:module';
    import { openStore } from './dispatcher/store/open-store.ts';
    import { DEFAULT_LIMITS } from './dispatcher/store/store.ts';
    const folder = process.argv[1];
    const store = await openStore({ folder, urlFile: undefined, limits: DEFAULT_LIMITS, worker: undefined });
    await store.close();
    const loaded = () => Object.keys(createRequire(import.meta.filename ?? process.cwd() + '/x').cache).filter((file) => /node_modules.pg/.test(file)).length;
    console.log(loaded());
    await import('./dispatcher/store/postgres/postgres-store.ts');
    console.log(loaded() > 0);
  `;
  const root = join(import.meta.dirname, '../..');
  const args = ['--input-type=module', '-e', program, join(parent, 'made')];
  assert.equal(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }), '0\ntrue\n');
});

test('the URL of a database is read from its file', { skip: withoutPostgres }, async () => {
  await using server = await PostgresServer.start();
  const urlFile = join(parent, 'url');
  writeFileSync(urlFile, `${server.url}\n`);
  const store = await openStore({ ...options, urlFile });
  assert.deepEqual(await store.counts(), []);
  assert.equal(await store.space(), undefined);
  await store.close();
  await store.ended;
});
