import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signature } from '../../api/names.ts';
import { detect, HandlerNotFound, lifeOf } from './detect.ts';
import { installPlatformGlobals, type Registration } from './platform-globals.ts';

const fn = () => undefined;
const other = () => undefined;
const worker = { fetch: fn };
const compiled = { __esModule: true, default: fn, named: other };

const platform: { awslambda?: { streamifyResponse(call: () => void): () => void } } = {};
installPlatformGlobals(platform);
const streaming = platform.awslambda?.streamifyResponse(() => undefined);

const http: Registration = { signature: 'http', call: fn };
const event: Registration = { signature: 'cloudevent', call: other };

interface Case {
  what: string;
  exports: Record<string, unknown>;
  handler?: string;
  signature?: Signature;
  registered?: Record<string, Registration>;
  /** The shape, and what is called. */
  is: [shape: string, call: unknown];
}

const CASES: Case[] = [
  { what: 'a default function is the web’s', exports: { default: fn }, is: ['fetch', fn] },
  { what: 'also beside one called handler', exports: { default: fn, handler: other }, is: ['fetch', fn] },
  { what: 'a default object with fetch is a Worker', exports: { default: worker }, is: ['workers', fn] },
  { what: 'so it is where fetch is said', exports: { default: worker }, signature: 'fetch', is: ['workers', fn] },
  { what: 'an export handler is for Lambda', exports: { handler: fn }, is: ['lambda', fn] },
  { what: 'in CommonJS, bundled', exports: { default: { handler: fn } }, is: ['lambda', fn] },
  {
    what: 'in CommonJS, imported',
    exports: { default: { handler: fn }, 'module.exports': { handler: fn } },
    is: ['lambda', fn],
  },
  { what: 'a named handler is the web’s', exports: { main: fn }, handler: 'main', is: ['fetch', fn] },
  { what: 'unless lambda is said', exports: { main: fn }, handler: 'main', signature: 'lambda', is: ['lambda', fn] },
  { what: 'a dotted one', exports: { api: { run: fn } }, handler: 'api.run', is: ['fetch', fn] },
  {
    what: 'a dotted one called handler',
    exports: { orders: { handler: fn } },
    handler: 'orders.handler',
    is: ['lambda', fn],
  },
  { what: 'one that streams is for Lambda', exports: { main: streaming }, handler: 'main', is: ['lambda', streaming] },
  { what: 'also as default', exports: { default: streaming }, is: ['lambda', streaming] },
  {
    what: 'lambda prefers handler',
    exports: { default: other, handler: fn },
    signature: 'lambda',
    is: ['lambda', fn],
  },
  { what: 'http takes the default', exports: { default: fn, a: other }, signature: 'http', is: ['http', fn] },
  { what: 'http takes the only function', exports: { helloGET: fn, init: other }, signature: 'http', is: ['http', fn] },
  {
    what: 'http takes the only function of a CommonJS module',
    exports: { default: { helloGET: fn } },
    signature: 'http',
    is: ['http', fn],
  },
  {
    what: 'cloudevent by name',
    exports: { a: fn, b: other },
    handler: 'b',
    signature: 'cloudevent',
    is: ['cloudevent', other],
  },
  { what: 'a compiled module’s default', exports: { default: compiled }, is: ['fetch', fn] },
  { what: 'a compiled module’s export', exports: { default: compiled }, handler: 'named', is: ['fetch', other] },
  { what: 'the one that is registered', exports: {}, registered: { hello: http }, is: ['http', fn] },
  { what: 'before what is exported', exports: { default: other }, registered: { hello: http }, is: ['http', fn] },
  {
    what: 'registered, by name',
    exports: {},
    handler: 'b',
    registered: { a: http, b: event },
    is: ['cloudevent', other],
  },
  {
    what: 'registered, by signature',
    exports: {},
    signature: 'cloudevent',
    registered: { a: http, b: event },
    is: ['cloudevent', other],
  },
  {
    what: 'an export that is named, where others are registered',
    exports: { run: other },
    handler: 'run',
    signature: 'http',
    registered: { a: http },
    is: ['http', other],
  },
];

for (const { what, exports, handler = 'default', signature = 'auto', registered = {}, is } of CASES) {
  test(`finds: ${what}`, () => {
    const detected = detect(exports, { handler, signature }, new Map(Object.entries(registered)));
    assert.deepEqual([detected.shape, detected.call], is);
  });
}

const problemOf = (
  exports: Record<string, unknown>,
  { handler = 'default', signature = 'auto' as Signature, registered = {} } = {},
): string => {
  try {
    detect(exports, { handler, signature }, new Map(Object.entries(registered)));
  } catch (error) {
    assert.ok(error instanceof HandlerNotFound);
    return error.message;
  }
  return assert.fail('a handler was found');
};

const method = (...names: string[]) => Object.fromEntries(names.map((name) => [name, fn]));
const express = Object.assign(() => undefined, method('handle', 'use', 'listen'));
const APPS: [what: string, app: object][] = [
  ['Express', express],
  ['Fastify', method('routing', 'ready', 'listen')],
  ['Koa', { use: fn, listen: fn, callback: () => other }],
  ['a server', { listen: fn, emit: fn, listenerCount: () => 1 }],
];
for (const [what, app] of APPS) {
  test(`an app is called by (req, res), whatever the signature says: ${what}`, () => {
    for (const signature of ['auto', 'http'] as const) {
      assert.equal(detect({ default: app }, { handler: 'default', signature }, new Map()).shape, 'http');
      assert.equal(detect({ default: { app } }, { handler: 'app', signature }, new Map()).shape, 'http');
    }
  });
}

test('what is no app is none: a router without a server, an object with fetch, a Proxy of every method', () => {
  const found = (value: unknown) => detect({ default: value }, { handler: 'default', signature: 'auto' }, new Map());
  assert.equal(found(Object.assign(() => undefined, method('handle', 'use'))).shape, 'fetch');
  assert.equal(found({ ...method('fetch', 'listen', 'routing', 'ready') }).shape, 'workers');
  assert.equal(
    found(new Proxy({ fetch: fn }, { get: (target, name) => Reflect.get(target, name) ?? fn })).shape,
    'workers',
  );
});

test('exports that are called like methods answer those', async () => {
  const GET = (request: Request, context: unknown) => `${request.method} ${context}`;
  const POST = () => 'made';
  for (const exports of [{ GET, POST }, { default: { GET, POST } }]) {
    for (const signature of ['auto', 'fetch'] as const) {
      const { shape, call } = detect(exports, { handler: 'default', signature }, new Map());
      assert.equal(shape, 'fetch');
      const ask = (method: string) => call(new Request('http://a/', { method }), 'context');
      assert.deepEqual([ask('GET'), ask('HEAD'), ask('POST')], ['GET context', 'HEAD context', 'made']);
      for (const [method, status] of [
        ['PUT', 405],
        ['OPTIONS', 204],
      ] as const) {
        const answer = ask(method) as Response;
        assert.deepEqual([answer.status, answer.headers.get('allow')], [status, 'GET, POST, HEAD']);
      }
    }
  }
});

test('a default export, or one called handler, comes before those of methods', () => {
  const found = (exports: Record<string, unknown>) =>
    detect(exports, { handler: 'default', signature: 'auto' }, new Map());
  assert.equal(found({ default: fn, GET: other }).call, fn);
  assert.equal(found({ handler: fn, GET: other }).shape, 'lambda');
});

test('says what there is and what to do where there is no handler', () => {
  assert.match(problemOf({}), /no handler was found for signature auto.*the module exports nothing.*spec\.handler/);
  assert.match(problemOf({ b: fn, a: fn }), /there is no such export; the module exports a, b/);
  assert.match(problemOf({}), /a module that listens by itself.*spec\.image/);
  assert.match(problemOf({ default: {} }), /it is an object without fetch.*exports nothing/);
  assert.match(problemOf({ default: { b: fn, a: fn } }), /the module exports a, b/);
  assert.match(problemOf({ main: 1 }, { handler: 'main' }), /"main" must be an exported function, but it is a number/);
  assert.match(problemOf({ default: fn }, { handler: 'a.b' }), /"a\.b".*there is no such export/);
});

test('does not choose among several', () => {
  assert.match(problemOf({ a: fn, b: fn }, { signature: 'http' }), /no handler was found for signature http/);
  assert.match(
    problemOf({}, { registered: { b: event, a: http } }),
    /registers a, b: name one of them in spec\.handler/,
  );
});

test('an object with fetch is no handler of another shape', () => {
  assert.match(problemOf({ default: worker }, { signature: 'http' }), /no handler was found/);
});

test('a method is called on its object', () => {
  const api = { run: fn };
  assert.equal(detect({ api }, { handler: 'api.run', signature: 'auto' }, new Map()).self, api);
  assert.equal(detect({ run: fn }, { handler: 'run', signature: 'auto' }, new Map()).self, undefined);
});

const usual = { handler: 'default', signature: 'auto' } as const;

test('init and dispose are found beside the handler, unless they are the handler', () => {
  assert.equal(lifeOf({ default: fn, init: other }, usual, 'init'), other);
  assert.equal(lifeOf({ default: fn, dispose: other }, usual, 'dispose'), other);
  assert.equal(lifeOf({ default: fn, init: other }, usual, 'dispose'), undefined);
  assert.equal(lifeOf({ default: Object.assign(() => undefined, { init: other }) }, usual, 'init'), undefined);
  assert.equal(lifeOf({ dispose: fn }, { ...usual, handler: 'dispose' }, 'dispose'), undefined);
});

test('init and dispose may be methods of what is exported', () => {
  const app = { fetch: fn, name: 'app', dispose: () => app.name };
  class Pool {
    name = 'pool';
    fetch(): void {}
    dispose(): string {
      return this.name;
    }
  }
  assert.equal(lifeOf({ default: app }, usual, 'dispose')?.(), 'app');
  assert.equal(lifeOf({ default: new Pool() }, usual, 'dispose')?.(), 'pool');
  assert.equal(lifeOf({ default: { handler: fn, init: () => 'common' } }, usual, 'init')?.(), 'common');
});

test('a router that has every method it is asked for has no init', () => {
  const router = new Proxy({ fetch: fn }, { get: (target, name) => Reflect.get(target, name) ?? fn });
  assert.equal(lifeOf({ default: router }, usual, 'init'), undefined);
});

test('the only function of a module is its handler, whatever init and dispose there are', () => {
  const wanted = { handler: 'default', signature: 'http' } as const;
  assert.equal(detect({ hello: fn, init: other, dispose: other }, wanted, new Map()).call, fn);
});

test('a registered name is one that Cloud Functions takes', () => {
  const target: { [key: symbol]: { http(name: string, call: () => void): void } } = {};
  const registered = installPlatformGlobals(target);
  const framework = target[Symbol.for('catnap.dev/functions-framework')];
  framework?.http('hello-1', fn);
  assert.deepEqual([...registered.keys()], ['hello-1']);
  assert.throws(() => framework?.http('1hello', fn), /"1hello" is no name of a function/);
});
