import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settled } from '#platform/testing/until.ts';
import { replicaOf } from '../testing/replica.ts';
import { connect, ECHO } from '../testing/web-socket-client.ts';

// Each has a process of its own and mostly waits for it.
suite('the end of WebSockets', { concurrency: 4 }, () => {
  test('an error in a listener closes its WebSocket with 1011, and the replica serves on', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica, 'r-2');
    client.socket.send('throw');
    assert.deepEqual(await client.closed, { code: 1011, reason: 'the handler failed' });
    const line = await replica.line((found) => found.msg === 'handler failed');
    assert.equal(line.requestId, 'r-2');
    assert.match((line.err as { stack: string }).stack, /thrown[\s\S]*index\.ts:10/);
    await using other = await connect(replica);
    assert.equal(await other.next(), 'hello');
  });

  test('an error that nothing caught: 1011 to its own, 1001 to the others, and it exits 1', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica, 'r-3');
    await using other = await connect(replica);
    client.socket.send('stray');
    assert.equal((await client.closed).code, 1011);
    assert.equal((await other.closed).code, 1001);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    assert.equal((await replica.line((found) => found.level === 'fatal')).requestId, 'r-3');
  });

  test('a replica that leaves closes with 1001, the handler hears of it, and it exits', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await replica.origin();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await client.closed, { code: 1001, reason: 'the replica is leaving; connect again' });
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    await replica.line((line) => line.msg === 'closed 1001 the replica is leaving; connect again true');
  });

  test('a client that does not answer the close frame is cut off', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await client.next();
    client.socket.pause();
    const sinceMs = performance.now();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    const tookMs = performance.now() - sinceMs;
    assert.ok(tookMs > 3_000 && tookMs < 6_000, `took ${tookMs} ms`);
    await replica.line((line) => line.msg.startsWith('closed 1006'));
  });

  test('a message that is too large closes with 1009', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    client.socket.on('error', () => undefined);
    client.socket.send(Buffer.alloc(32 * 1024 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
  });

  test('a client that sends and does not read is not read from either', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await client.next();
    client.socket.pause();
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 200; sent++) client.socket.send(chunk);
    const got = () => replica.lines.filter(({ msg }) => msg.startsWith('got ')).length;
    await replica.line((line) => line.msg.startsWith('got '));
    const taken = await settled(got);
    assert.ok(taken < 50, `${taken} MiB taken from a client that takes none`);
    client.socket.resume();
    for (let seen = 0; seen < 200; seen++) assert.equal((await client.next()).length, chunk.length);
  });
});
