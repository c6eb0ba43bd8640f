import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { suite, test } from 'node:test';
import { settled } from '#platform/testing/until.ts';
import { replicaOf } from '../testing/replica.ts';

// Each has a process of its own and mostly waits for it.
suite('back pressure', { concurrency: 4 }, () => {
  test('a body is streamed in and out without being held in memory', async () => {
    await using replica = await replicaOf(`export default (request: Request) => new Response(request.body)`);
    const total = 200 * 1024 * 1024;
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const request = http.request(await replica.origin(), { method: 'POST', headers: { 'content-length': total } });
    const sent = (async () => {
      for (let at = 0; at < total; at += chunk.length) if (!request.write(chunk)) await once(request, 'drain');
      request.end();
    })();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let received = 0;
    for await (const part of response) received += part.length;
    await sent;
    assert.equal(received, total);
    const [, resident] = /process_resident_memory_bytes (\d+)/.exec(await replica.metrics()) ?? [];
    assert.ok(Number(resident) < 200 * 1024 * 1024, `resident ${resident}`);
  });

  test('a stream is read no faster than the client takes it', async () => {
    await using replica = await replicaOf(`let given = 0;
    export default (request: Request) => new URL(request.url).pathname === '/given' ? { given }
      : new ReadableStream({ pull(c) { given += 65536; c.enqueue(new Uint8Array(65536)); } }, { highWaterMark: 0 });`);
    const origin = await replica.origin();
    const request = http.get(`${origin}/stream`);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.pause();
    const given = async () => ((await (await fetch(`${origin}/given`)).json()) as { given: number }).given;
    const before = await settled(given);
    assert.ok(before < 64 * 1024 * 1024, `${before} bytes given to a client that takes none`);
    request.destroy();
  });

  test('an upload is received no faster than the handler reads it', async () => {
    await using replica = await replicaOf(`export default async (request: Request) => {
      const reader = request.body.getReader();
      await reader.read();
      console.log('in');
      await new Promise(() => undefined);
    };`);
    const upload = http.request(await replica.origin(), { method: 'POST' });
    upload.on('error', () => undefined);
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 100; sent++) upload.write(chunk);
    await replica.line((line) => line.msg === 'in');
    const taken = await settled(async () => upload.socket?.bytesWritten ?? 0);
    const waiting = upload.socket?.writableLength ?? 0;
    assert.ok(taken - waiting < 32 * 1024 * 1024, `${taken - waiting} bytes taken`);
    upload.destroy();
  });

  test('a client that leaves aborts the signal and cancels the stream', async () => {
    await using replica = await replicaOf(`export default (request, context) => {
    context.signal.addEventListener('abort', () => console.log('aborted ' + context.signal.reason.name));
    return new ReadableStream({
      start(c) { c.enqueue(new TextEncoder().encode('first')); },
      cancel() { console.log('cancelled'); },
    });
  }`);
    const request = http.get(await replica.origin(), { headers: { 'x-request-id': 'r-2' } });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await once(response, 'data');
    request.destroy();
    const aborted = await replica.line((line) => line.msg === 'aborted AbortError');
    assert.equal(aborted.requestId, 'r-2');
    await replica.line((line) => line.msg === 'cancelled');
  });
});
