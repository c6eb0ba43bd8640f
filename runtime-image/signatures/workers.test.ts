import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';

test('a Worker is given the request, its bindings, and a context that waits and has the usual fields', async () => {
  await using replica = await replicaOf(
    `let waited = 'not yet';
    export default {
      prefix: 'this is kept',
      async fetch(request: Request, env: { WHO: string }, ctx: ExecutionContext): Promise<Response> {
        ctx.passThroughOnException();
        if (new URL(request.url).pathname === '/waited') return new Response(waited);
        ctx.waitUntil(new Promise((resolve) => setTimeout(() => { waited = 'waited'; resolve(1); }, 100)));
        return Response.json([this.prefix, env.WHO, await request.text(), ctx.requestId]);
      },
    }`,
    { WHO: 'bound' },
  );
  const origin = await replica.origin();
  const answer = await fetch(origin, { method: 'POST', body: 'body', headers: { 'x-request-id': 'r-1' } });
  assert.deepEqual(await answer.json(), ['this is kept', 'bound', 'body', 'r-1']);
  // It has to be over before the replica may leave.
  replica.process.kill('SIGTERM');
  assert.equal((await replica.ended).code, 0);
});

test('a stream that goes on after the answer began, with the globals of Workers', async () => {
  await using replica = await replicaOf(`
    const bytes = (text: string) => new TextEncoder().encode(text);
    export default {
      async fetch(request: Request, env: object, ctx: ExecutionContext): Promise<Response> {
        const length = Number(new URL(request.url).searchParams.get('length'));
        const { readable, writable } = length > 0 ? new FixedLengthStream(length) : new IdentityTransformStream();
        const writer = writable.getWriter();
        const write = async () => {
          for (const word of ['one ', 'two ', 'six']) { await writer.write(bytes(word)); await scheduler.wait(10); }
          await writer.close();
        };
        ctx.waitUntil(write().catch(({ message }) => console.log(message)));
        return new Response(readable);
      },
    }`);
  const origin = await replica.origin();
  assert.equal(await (await fetch(origin)).text(), 'one two six');
  assert.equal(await (await fetch(`${origin}/?length=11`)).text(), 'one two six');
  await assert.rejects(fetch(`${origin}/?length=10`).then((answer) => answer.text()));
  await replica.line(({ msg }) => msg === 'more bytes came than the 10 of this FixedLengthStream');
  await assert.rejects(fetch(`${origin}/?length=12`).then((answer) => answer.text()));
  await replica.line(({ msg }) => msg === '1 bytes are missing of the 12 of this FixedLengthStream');
});

test('an app whose fetch is a property, as Hono’s', async () => {
  await using replica = await replicaOf(`
    class App {
      #routes = new Map<string, (c: { req: Request; env: object }) => Response>();
      get(path: string, handler: (c: { req: Request; env: object }) => Response) { this.#routes.set(path, handler); return this; }
      fetch = (req: Request, env: object) => {
        const handler = this.#routes.get(new URL(req.url).pathname);
        return handler === undefined ? new Response('404 Not Found', { status: 404 }) : handler({ req, env });
      };
    }
    const app = new App();
    app.get('/hi', (c) => new Response('hi ' + c.req.headers.get('x-name')));
    export default app;`);
  const origin = await replica.origin();
  assert.equal(await (await fetch(`${origin}/hi`, { headers: { 'x-name': 'you' } })).text(), 'hi you');
  assert.equal((await fetch(`${origin}/none`)).status, 404);
});
