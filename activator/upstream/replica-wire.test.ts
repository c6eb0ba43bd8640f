// Longer than 250 lines: one table of what a replica may do on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const get = (headers = '') => `GET / HTTP/1.1\r\nHost: ${HOST}\r\n${headers}\r\n`;
const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: ${HOST}\r\n${headers}\r\n${body}`;

test('a request whose idle connection turns out closed is answered over another one', async () => {
  let dropped = 0;
  await using wired = await wiredGateway((socket, _text, count) => {
    if (count === 1) return void socket.write(ok('once'));
    dropped += 1;
    socket.destroy();
  });
  assert.equal((await ask(wired.port)).body, 'once');
  assert.equal((await ask(wired.port)).body, 'once');
  assert.equal(dropped, 1);
  assert.equal(wired.connections.length, 2);
  assert.equal(wired.gateway.traffic('hello').answering, 1);
});

test('one that must not be done twice is not, though it may not have been done', async () => {
  let posts = 0;
  await using wired = await wiredGateway((socket, text, count) => {
    if (text.startsWith('POST')) posts += 1;
    if (count === 1) socket.write(ok('once'));
    else socket.destroy();
  });
  assert.equal((await ask(wired.port)).body, 'once');
  const answer = await ask(wired.port, { method: 'POST', body: 'pay' });
  assert.equal(answer.headers['x-catnap-error'], 'ReplicaFailed');
  assert.equal(posts, 1);
});

test('one that a replica has worked on is not done twice, whatever its method', async () => {
  let seen = 0;
  await using wired = await wiredGateway((socket, _text, count) => {
    seen += 1;
    if (count === 1) socket.write(ok('once'));
    else setTimeout(() => socket.destroy(), 150);
  });
  await ask(wired.port);
  assert.equal((await ask(wired.port)).status, 502);
  assert.equal(seen, 2);
});

test('a connection that the replica will close soon is not used again', async () => {
  await using wired = await wiredGateway((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok');
  });
  await ask(wired.port);
  await ask(wired.port);
  assert.equal(wired.connections.length, 2);
});

test('what a replica sends beyond its answer is no answer to the next request', async () => {
  let requests = 0;
  await using wired = await wiredGateway((socket) => {
    requests += 1;
    socket.write(`${ok(`answer ${requests}`)}${ok('smuggled')}`);
  });
  assert.equal((await ask(wired.port)).body, 'answer 1');
  assert.equal((await ask(wired.port)).body, 'answer 2');
  assert.equal(wired.connections.length, 2);
});

test('what a replica sends unasked ends its connection', async () => {
  await using wired = await wiredGateway((socket) => socket.write(ok('fine')));
  await ask(wired.port);
  const [first] = wired.connections;
  const closed = new Promise((resolve) => first?.once('close', resolve));
  first?.write(ok('smuggled'));
  await closed;
  assert.equal((await ask(wired.port)).body, 'fine');
});

for (const [what, answer] of [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
  ['a head beyond 64 KiB', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}\r\n\r\n`],
] as const) {
  test(`an answer with ${what} is 502`, async () => {
    await using wired = await wiredGateway((socket) => socket.write(answer));
    const { status, headers, body } = await ask(wired.port);
    assert.equal(status, 502);
    assert.equal(headers['x-catnap-error'], 'ReplicaFailed');
    assert.match(JSON.parse(body).message, /\([A-Z_]+\)/);
    assert.equal(wired.gateway.traffic('hello').inFlight, 0);
  });
}

test('a bad chunk within an answer breaks it off', async () => {
  await using wired = await wiredGateway((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
  });
  await assert.rejects(ask(wired.port), /aborted|socket hang up|ECONNRESET/);
});

test('answers of all framings arrive, in whatever packets they come', async () => {
  const bodies: Record<string, string> = {
    '/length': ok('hello'),
    '/chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    '/close': 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello',
    '/old': 'HTTP/1.0 200 OK\r\n\r\nhello',
  };
  await using wired = await wiredGateway((socket, text) => {
    const path = text.split(' ')[1] ?? '';
    const ends = path === '/close' || path === '/old';
    const letters = [...(bodies[path] ?? '')];
    const next = () => {
      const letter = letters.shift();
      if (letter !== undefined) socket.write(letter, 'latin1', () => setImmediate(next));
      else if (ends) socket.end();
    };
    next();
  });
  for (const path of Object.keys(bodies)) assert.equal((await ask(wired.port, { path })).body, 'hello', path);
  // The first is kept until an answer ends with it.
  assert.equal(wired.connections.length, 2);
});

test('what a client of HTTP/1.0 gets without a length is reset when it breaks off', async () => {
  await using wired = await wiredGateway((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
  });
  using wire = new Wire(wired.port).send(`GET / HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`);
  await wire.until(/abc$/);
  assert.doesNotMatch(wire.text, /transfer-encoding/i);
  for (const socket of wired.connections) socket.destroy();
  assert.equal(await wire.end(), 'reset');
});

test('trailers go through both ways, but not those that would rewrite the head', async () => {
  let seen = '';
  await using wired = await wiredGateway((socket, text) => {
    seen += text;
    if (!seen.endsWith('\r\n0\r\nX-Sum: 42\r\n\r\n')) return;
    socket.write(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-back\r\n\r\n2\r\nok\r\n0\r\nx-back: 1\r\nhost: b\r\n\r\n',
    );
  });
  using wire = new Wire(wired.port);
  wire.send(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\nX-Sum: 42\r\nX-Catnap-Full: 1\r\n\r\n'));
  assert.match(await wire.until(/0\r\nx-back: 1\r\n\r\n$/), /\r\ntrailer: x-back\r\n/);
  assert.match(seen, /\r\ntransfer-encoding: chunked\r\n/);
});

test('an answer may come, and end, while the body is still being sent', async () => {
  let received = '';
  await using wired = await wiredGateway((socket, text, count) => {
    received += text;
    if (count === 1) socket.write('HTTP/1.1 413 Enough\r\ncontent-length: 2\r\n\r\nno');
  });
  using wire = new Wire(wired.port).send(post('Content-Length: 300000\r\n', 'x'.repeat(1_000)));
  await wire.until(/413 Enough[\s\S]*no$/);
  // What is left is read over, and the connection carries on.
  wire.send('x'.repeat(299_000)).send(get());
  await wire.until(/413 Enough[\s\S]*413 Enough/);
  assert.ok(received.length < 10_000);
  // A request that was not sent to its end ends its connection.
  assert.equal(wired.connections.length, 2);
  assert.equal(wired.gateway.traffic('hello').inFlight, 0);
});

test('whether a client is to send its body is for the replica to say', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.includes('/yes')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    else if (text.startsWith('POST')) socket.write('HTTP/1.1 401 Who\r\ncontent-length: 0\r\n\r\n');
    else socket.write(ok(text));
  });
  using no = new Wire(wired.port).send(post('Expect: 100-continue\r\nContent-Length: 4\r\n'));
  assert.doesNotMatch(await no.until(/401 Who/), /100 Continue/);
  using yes = new Wire(wired.port);
  yes.send(post('Expect: 100-continue\r\nContent-Length: 4\r\n').replace('/', '/yes'));
  await yes.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  yes.send('body');
  await yes.until(/200 OK[\s\S]*\r\n\r\nbody$/);
});

test('a replica that does not care whether it is asked gets the body after a second', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.endsWith('body')) socket.write(ok('got it'));
    else assert.match(text, /\r\nexpect: 100-continue\r\n/);
  });
  using wire = new Wire(wired.port).send(post('Expect: 100-continue\r\nContent-Length: 4\r\n'));
  await wire.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  wire.send('body');
  await wire.until(/got it$/);
});

test('a function that does not begin to answer in time fails otherwise than one that takes too long', async () => {
  await using wired = await wiredGateway(() => undefined, { timeouts: { firstByteSeconds: 1 } });
  const answer = await ask(wired.port);
  assert.equal(answer.status, 504);
  assert.equal(answer.headers['x-catnap-error'], 'FirstByteTimeout');
  assert.match(JSON.parse(answer.body).message, /spec\.timeouts\.firstByteSeconds/);
});

test('an answer that stands still is broken off; one that moves may take longer than that', async () => {
  const spec = { timeouts: { idleSeconds: 1 } };
  await using wired = await wiredGateway((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    let left = 5;
    const timer = setInterval(() => {
      left -= 1;
      if (left >= 0) socket.write('1\r\n.\r\n');
      else clearInterval(timer);
    }, 300);
  }, spec);
  using wire = new Wire(wired.port).send(get());
  await wire.end();
  assert.equal(wire.text.match(/1\r\n\.\r\n/g)?.length, 5);
  assert.equal(wired.gateway.traffic('hello').inFlight, 0);
});

test('an upload that stands still is 504', async () => {
  await using wired = await wiredGateway(() => undefined, { timeouts: { idleSeconds: 1 } });
  using wire = new Wire(wired.port).send(post('Content-Length: 10\r\n', 'abc'));
  assert.match(await wire.until(/\r\n\r\n{/), /^HTTP\/1\.1 504 [\s\S]*x-catnap-error: IdleTimeout/i);
});

test('a body larger than the function takes is refused: at once, or when it has come so far', async () => {
  let requests = 0;
  await using wired = await wiredGateway(
    () => {
      requests += 1;
    },
    { maxBodyBytes: 1_000 },
  );
  using said = new Wire(wired.port).send(post('Content-Length: 1001\r\n'));
  assert.match(await said.until(/\r\n\r\n{/), /^HTTP\/1\.1 413 [\s\S]*x-catnap-error: BodyTooLarge/i);
  assert.equal(requests, 0);
  using unsaid = new Wire(wired.port).send(post('Transfer-Encoding: chunked\r\n', `1f4\r\n${'x'.repeat(500)}\r\n`));
  await until(() => requests > 0, 'the replica has it');
  unsaid.send(`1f5\r\n${'x'.repeat(501)}\r\n`);
  assert.match(await unsaid.until(/\r\n\r\n{/), /^HTTP\/1\.1 413 /);
  assert.equal(wired.gateway.traffic('hello').inFlight, 0);
});

test('a client that leaves while it waits frees its place, though its body was not asked for', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const traffic = gateway.traffic('hello');
  for (const bytes of [1_000, 60_000]) {
    using wire = new Wire(gateway.port).send(post(`Content-Length: ${bytes}\r\n`, 'x'.repeat(bytes)));
    await until(() => traffic.waiting === 1, 'it waits');
    wire.socket.end();
    await until(() => traffic.waiting === 0, 'its place is free');
  }
});

test('a request that waited is sent with the whole of its body', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  gateway.scales.onScale = () =>
    void gateway.addReplica('pod-a', 'hello-1', async (req, res) => {
      let length = 0;
      for await (const chunk of req) length += chunk.length;
      res.end(String(length));
    });
  for (const bytes of [10, 65_536, 1_000_000]) {
    assert.equal((await ask(gateway.port, { method: 'POST', body: 'x'.repeat(bytes) })).body, String(bytes));
    gateway.podFeed.remove('pod-a');
    gateway.scales.replicas.set('hello-1', 0);
  }
});
