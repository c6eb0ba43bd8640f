import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { bundle } from './bundle.ts';
import { bundlePlaces, sourcePlaces, withSourcePlaces } from './stack-places.ts';

after(() => esbuild.stop());

test('a stack of a bundle names the lines of its source', async () => {
  const files = {
    'index.ts': `import { check } from './lib/check.ts';\ninterface Unused { a: string }\nexport default () => check();`,
    'lib/check.ts': `type Unused = 1;\nexport function check(): string {\n  throw new Error('not today');\n}`,
  };
  const { text, map } = await bundle({ files, entry: 'index.ts' }, { handler: 'default', signature: 'auto' }, esbuild);
  const lines = text.split('\n');
  const line = lines.findIndex((one) => one.includes('not today'));
  const column = (lines[line] ?? '').indexOf('new Error');
  const place = `/function/bundle.mjs:${line + 1}:${column + 1}`;
  const stack = `Error: not today\n    at check (file://${place})\n    at x (file:///function/bundle.mjs:99999:1)`;
  assert.equal(bundlePlaces(stack)[0], place);
  const shown = withSourcePlaces(stack, sourcePlaces(JSON.stringify(map), [place]));
  assert.match(shown, /at check \(file:\/\/\/function\/lib\/check\.ts:3:9\)\n.*bundle\.mjs:99999:1/);
});

test('text without such a place stays as it is, and many are bounded', () => {
  assert.deepEqual(bundlePlaces('at handler (/function/index.ts:3:1) bundle.mjs:1:1'), []);
  const many = Array.from({ length: 5_000 }, (_, index) => `/function/bundle.mjs:${index}:1`).join('\n');
  assert.equal(bundlePlaces(many).length, 100);
});

test('a map that is hostile brings no path from elsewhere and no line of its own', () => {
  const map = { version: 3, sources: ['../../etc/x\n\u001b[1m'], names: [], mappings: 'AAAA' };
  const place = '/function/bundle.mjs:1:1';
  assert.equal(sourcePlaces(JSON.stringify(map), [place]).get(place), '/etc/x??[1m:1:1');
  assert.throws(() => sourcePlaces('{', [place]));
});
