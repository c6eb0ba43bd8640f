import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { Replica, replicaOf } from '../testing/replica.ts';

/** A replica of a file of an image, with the packages that the tests have beside it. */
async function replicaOfFile(source: string): Promise<{ replica: Replica; folder: Disposable }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'catnap-app-'));
  symlinkSync(path.join(import.meta.dirname, '../../node_modules'), path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'index.mjs'), source);
  const folder = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  return { replica: new Replica({}, directory), folder };
}

const APPS: [name: string, source: string][] = [
  [
    'Express',
    `import express from 'express';
    const app = express().use(express.json());
    app.post('/things/:id', (req, res) => res.status(201).json({ id: req.params.id, got: req.body, q: req.query.q }));
    export default app;`,
  ],
  [
    'Fastify',
    `import fastify from 'fastify';
    const app = fastify();
    app.post('/things/:id', (req, reply) => reply.code(201).send({ id: req.params.id, got: req.body, q: req.query.q }));
    export default app;`,
  ],
  [
    'a server of node:http',
    `import { createServer } from 'node:http';
    export default createServer(async (req, res) => {
      let text = '';
      for await (const chunk of req) text += chunk;
      const url = new URL(req.url, 'http://h/');
      res.writeHead(201).end(JSON.stringify({ id: url.pathname.split('/')[2], got: JSON.parse(text), q: url.searchParams.get('q') }));
    });`,
  ],
];

suite('an app that is the default export', { concurrency: 3 }, () => {
  for (const [name, source] of APPS) {
    test(`is served without a word on its signature: ${name}`, async () => {
      const { replica, folder } = await replicaOfFile(source);
      using _folder = folder;
      await using served = replica;
      const url = `${await served.origin()}/things/7?q=x`;
      const headers = { 'content-type': 'application/json' };
      for (let round = 0; round < 2; round++) {
        const answer = await fetch(url, { method: 'POST', body: '{"a":1}', headers });
        assert.deepEqual([answer.status, await answer.json()], [201, { id: '7', got: { a: 1 }, q: 'x' }]);
      }
    });
  }
});

suite('a module without a handler that Catnap could call', { concurrency: 3 }, () => {
  const saidBy = async (source: string): Promise<string> => {
    await using replica = await replicaOf(source);
    const line = await replica.line(({ level }) => level === 'fatal');
    assert.equal((await replica.ended).code, 1);
    return JSON.stringify(line);
  };

  test('that listens by itself ends with advice about images', async () => {
    const listens = "import http from 'node:http'; http.createServer().listen(0, '127.0.0.1').unref();";
    assert.match(await saidBy(listens), /exports nothing.*listens by itself.*spec\.image/);
    for (const source of ['Deno.serve(() => new Response());', 'Bun.serve({ fetch() {} });']) {
      assert.match(await saidBy(source), /is not defined.*listens by itself.*spec\.image/);
    }
  });
});

test('a function (req, res) without its signature gets advice about it', async () => {
  await using replica = await replicaOf(
    `export default async (req, res) => { if (req.url.endsWith('/a')) await null; res.status(200).send('x'); };`,
  );
  for (const path of ['/a', '/b']) {
    assert.equal((await fetch((await replica.origin()) + path)).status, 500);
  }
  const line = await replica.line(({ msg }) => msg === 'handler failed');
  assert.match(JSON.stringify(line), /res\.status is not a function.*spec\.signature: http/);
});
