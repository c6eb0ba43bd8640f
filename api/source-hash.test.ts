import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceHash } from './source-hash.ts';

test('is what a shell makes of the files', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'catnap-source-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const data = { 'index.ts': 'export default () => "hé";\n', lib__greet: '', 'B.ts': 'b', 'a.ts': 'a\n' };
  for (const [name, text] of Object.entries(data)) writeFileSync(join(dir, name), text);
  const command = "LC_ALL=C; export LC_ALL; sha256sum -- * | sha256sum | cut -d' ' -f1";
  const binary = Buffer.from([0, 255, 10]);
  writeFileSync(join(dir, 'c.wasm'), binary);
  const { lib__greet, ...others } = data;
  const configMaps = [{ data: others, binaryData: { 'c.wasm': binary.toString('base64') } }, { data: { lib__greet } }];
  assert.equal(`${sourceHash(configMaps)}\n`, execFileSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8' }));
});

test('another name, another content and another file give another hash', () => {
  const all = [{ a: '1' }, { b: '1' }, { a: '2' }, { a: '1', b: '' }, {}].map((data) => sourceHash([{ data }]));
  assert.equal(new Set(all).size, 5);
});
