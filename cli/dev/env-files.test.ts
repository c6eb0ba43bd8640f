import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedVariables, readEnvFiles, withVariables } from './env-files.ts';

test('.env.local goes before .env, and a folder without either has no variables', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-env-'));
  t.after(() => rm(folder, { recursive: true }));
  assert.deepEqual(await readEnvFiles(folder), { variables: {}, refused: [] });
  await writeFile(join(folder, '.env'), 'A=1\n# B=0\nB="two words"\nC=3');
  await writeFile(join(folder, '.env.local'), 'C=4\n');
  assert.deepEqual((await readEnvFiles(folder)).variables, { A: '1', B: 'two words', C: '4' });
});

test('a variable that a Function may not have is left out, and told', () => {
  const given = {
    PORT: '1',
    HOST: 'x',
    K_SERVICE: 'x',
    CATNAP_X: '1',
    CATNAP_LOG_LEVEL: 'info',
    OK: '',
    LONG: 'x'.repeat(40_000),
  };
  const { variables, refused } = checkedVariables(given);
  assert.deepEqual(variables, { CATNAP_LOG_LEVEL: 'info', OK: '' });
  assert.deepEqual(
    refused.map((line) => line.split(' ')[0]),
    ['PORT', 'HOST', 'K_SERVICE', 'CATNAP_X', 'LONG'],
  );
});

test('a variable of a file takes the place of the one in the settings, whatever that comes from', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'URL', valueFrom: { secretKeyRef: { name: 's', key: 'url' } } },
  ];
  assert.deepEqual(withVariables(env, { URL: 'postgres://localhost/x' }), [
    { name: 'A', value: '1' },
    { name: 'URL', value: 'postgres://localhost/x' },
  ]);
});

test('a dollar sign in a file means itself', () => {
  assert.deepEqual(withVariables(undefined, { PASSWORD: 'a$(B)c$d' }), [{ name: 'PASSWORD', value: 'a$$(B)c$d' }]);
});
