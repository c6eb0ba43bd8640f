import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ERROR_STATUS } from '#api/errors.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];

test('links between pages lead somewhere', () => {
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, link]) => join(dirname(page), link ?? ''))
      .filter((path) => globSync(path, { cwd: root }).length === 0)
      .map((path) => `${page}: ${path}`),
  );
  assert.deepEqual(dead, []);
});

test('the page on the architecture names only what is there', () => {
  const named = [...read('docs/architecture.md').matchAll(/`([a-z][\w.-]*\/[\w./-]*)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 30);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('each page on a shape of handler and on the gateway is linked from README', () => {
  const readme = read('README.md');
  const linked = globSync('docs/{handlers,gateway}/*.md', { cwd: root });
  const unlinked = linked.filter((page) => !readme.includes(page));
  assert.deepEqual(unlinked, []);
});

test('an example that names its page is on it, as it is', () => {
  const named = globSync('**/*.*', { cwd: join(root, 'examples') })
    .map((name) => ({ name, text: read(`examples/${name}`) }))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/docs\/(?:handlers|gateway)\/\S+?\.md/g)].map(([page]) => ({ name, text, page })),
    );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter(({ text, page }) => !read(page).includes(text)).map(({ name, page }) => `${name} on ${page}`),
    [],
  );
});

test('the page on errors has each code, with its status', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d+) \| .+ \| .+ \|$/gm)];
  assert.deepEqual(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)])), ERROR_STATUS);
});
