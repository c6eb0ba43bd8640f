import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Response as Own } from './response.ts';

type ResponseClass = typeof globalThis.Response;

/** What can be seen of a response that Node's class and ours made in the same way. */
async function both(make: (Response: ResponseClass) => globalThis.Response): Promise<[unknown, unknown]> {
  const seen = async (response: globalThis.Response) => [
    response.status,
    response.statusText,
    response.ok,
    response.type,
    response.url,
    response.redirected,
    [...response.headers],
    response.body === null,
    await response.text(),
    response.bodyUsed,
  ];
  return [await seen(make(globalThis.Response)), await seen(make(Own as unknown as ResponseClass))];
}

const MAKERS: Record<string, (Response: ResponseClass) => globalThis.Response> = {
  nothing: (Response) => new Response(),
  text: (Response) => new Response('text \u2603'),
  'text with a type of its own': (Response) => new Response('<p>', { headers: { 'content-type': 'text/html' } }),
  'a status': (Response) => new Response(null, { status: 404, statusText: 'Nope' }),
  bytes: (Response) => new Response(new Uint8Array([65, 66])),
  'part of a buffer': (Response) => new Response(new Uint16Array([0x4141, 0x4242]).subarray(1)),
  query: (Response) => new Response(new URLSearchParams({ a: 'b c' })),
  blob: (Response) => new Response(new Blob(['blob'], { type: 'text/x' })),
  stream: (Response) => new Response(new Blob(['streamed']).stream()),
  number: (Response) => new Response(7 as never),
  json: (Response) => Response.json({ a: [1] }, { status: 201, headers: { 'x-a': '1' } }),
  redirect: (Response) => Response.redirect('http://h/a b', 303),
  error: (Response) => Response.error(),
  clone: (Response) => new Response('twice', { headers: { 'x-a': '1' } }).clone(),
  'clone of an error': (Response) => Response.error().clone(),
  'no init': (Response) => new Response('x', null as never),
  'json without init': (Response) => Response.json(1, null as never),
  'init of another': (Response) => new Response('new', new Response('old', { status: 202, headers: { 'x-a': '1' } })),
};

for (const [name, make] of Object.entries(MAKERS)) {
  test(`made as Node makes it: ${name}`, async () => {
    const [node, own] = await both(make);
    assert.deepEqual(own, node);
  });
}

test('refuses what Node refuses', () => {
  const attempts: ((Response: ResponseClass) => unknown)[] = [
    (Response) => new Response('', { status: 204 }),
    (Response) => new Response(null, { status: 99 }),
    (Response) => new Response(null, { status: 600 }),
    (Response) => new Response(null, { statusText: 'a\nb' }),
    (Response) => Response.json(undefined),
    (Response) => Response.redirect('http://h/', 200 as never),
    (Response) => Response.redirect('nowhere'),
  ];
  for (const attempt of attempts) {
    assert.throws(() => attempt(globalThis.Response));
    assert.throws(() => attempt(Own as never));
  }
});

test('a body is read once, in any of the ways', async () => {
  const response = new Own('{"a":1}');
  assert.equal(response.bodyUsed, false);
  assert.deepEqual(await response.json(), { a: 1 });
  assert.equal(response.bodyUsed, true);
  await assert.rejects(response.text(), TypeError);
  assert.throws(() => response.clone(), TypeError);
  assert.deepEqual(await new Own('ab').bytes(), new Uint8Array([97, 98]));
  assert.equal((await new Own('ab').arrayBuffer()).byteLength, 2);
  assert.equal(await (await new Own('ab').blob()).text(), 'ab');
});

test('a byte order mark is no part of the text, as with Node', async () => {
  for (const body of ['\ufeff{"a":1}', new TextEncoder().encode('\ufeff{"a":1}')]) {
    assert.equal(await new Own(body).text(), '{"a":1}');
    assert.deepEqual(await new Own(body).json(), { a: 1 });
    assert.equal((await new Own(body).bytes()).byteLength, 10);
  }
});

test('a body that was looked at as a stream can still be read, until the stream is', async () => {
  const response = new Own('text');
  const { body } = response;
  assert.equal(response.body, body);
  assert.equal(await response.text(), 'text');
  const read = new Own('text');
  await read.body?.getReader().read();
  assert.equal(read.bodyUsed, true);
  await assert.rejects(read.text(), TypeError);
});

test('a clone of a stream and the stream give the same', async () => {
  const response = new Own(new Blob(['streamed']).stream());
  const copy = response.clone();
  assert.deepEqual(await Promise.all([response.text(), copy.text()]), ['streamed', 'streamed']);
});

test('a form is sent and parsed as Node does', async () => {
  const form = new FormData();
  form.set('a "quoted"\nname', 'line\nbreak');
  form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }));
  const entries = async (response: { formData(): Promise<FormData> }) => {
    const parsed = await response.formData();
    const file = parsed.get('file') as File;
    return [[...parsed.keys()], [...parsed.values()][0], await file.text(), file.name, file.type];
  };
  assert.deepEqual(await entries(new Own(form)), await entries(new Response(form)));
});
