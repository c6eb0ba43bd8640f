import type { Template } from './template.ts';

export const EXPRESS: Template = {
  name: 'express',
  description: 'a whole Express app, which listens nowhere',
  dependencies: ['express'],
  devDependencies: ['@types/express'],
  call: 'curl "$URL/orders/7"',
  files: {
    'src/index.ts': `import express from 'express';

const app = express();
app.use(express.json());

app.get('/orders/:id', (request, response) => {
  response.json({ id: request.params.id });
});
app.post('/orders', (request, response) => {
  response.status(201).json(request.body);
});

// No listen: the runtime gives it the requests.
export default app;
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import app from './index.ts';

test('finds an order', async (t) => {
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch('http://127.0.0.1:' + port + '/orders/7');
  assert.deepEqual([answer.status, await answer.json()], [200, { id: '7' }]);
});
`,
  },
};
