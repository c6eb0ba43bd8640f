import type { Template } from './template.ts';

export const HONO: Template = {
  name: 'hono',
  description: 'an API with routes, by Hono',
  dependencies: ['hono'],
  devDependencies: [],
  call: 'curl "$URL/orders/7"',
  files: {
    'src/index.ts': `import { Hono } from 'hono';

const app = new Hono();

app.get('/', (c) => c.json({ orders: '/orders/{id}' }));
app.get('/orders/:id', (c) => c.json({ id: c.req.param('id') }));
app.post('/orders', async (c) => c.json(await c.req.json(), 201));

export default app;
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import app from './index.ts';

test('finds an order', async () => {
  const answer = await app.request('/orders/7');
  assert.deepEqual([answer.status, await answer.json()], [200, { id: '7' }]);
});

test('takes an order', async () => {
  const answer = await app.request('/orders', { method: 'POST', body: '{"cents":1}' });
  assert.deepEqual([answer.status, await answer.json()], [201, { cents: 1 }]);
});
`,
  },
};
