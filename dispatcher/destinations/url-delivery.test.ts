import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { checkedLookup } from '#platform/addresses/checked-lookup.ts';
import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { TEST_CA, TEST_SERVER } from '#platform/testing/certificates.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { CALL_MS, type CallRules, callUrl } from './url-delivery.ts';

async function aServer(answer: RequestListener, isSecure = false) {
  const server = isSecure ? createSecureServer(TEST_SERVER, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const LOOPBACK = new ReachableAddresses(['127.0.0.0/8']);

function call(url: string, change: Partial<CallRules> = {}) {
  const rules = { addresses: LOOPBACK, allowHttp: true, clock: new TestClock(), ...change };
  const { signal } = new AbortController();
  return callUrl({ url, headers: [], body: Buffer.from('{}'), maxBytes: 1_000, signal }, rules);
}

/** Name servers that answer otherwise each time. */
function resolving(...answers: string[][]) {
  let asked = 0;
  const resolve = async () => {
    const found = answers[Math.min(asked, answers.length - 1)] as string[];
    asked += 1;
    return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked: () => asked };
}

test('a name that leads to an address within is not called, nor is the next one that it leads to', async () => {
  let asked = 0;
  await using server = await aServer((_, response) => {
    asked += 1;
    response.end();
  });
  for (const address of ['127.0.0.1', '169.254.169.254', '10.1.1.1', '::1', 'fd00:ec2::254']) {
    const names = resolving([address]);
    const strict = new ReachableAddresses();
    const called = await call(`http://hooks.example:${server.port}/`, {
      addresses: strict,
      lookup: checkedLookup(strict, names.resolve),
    });
    assert.equal(called.kind, 'refused', address);
    assert.match((called as { note: string }).note, /the address of hooks\.example is not public/);
  }
  assert.equal(asked, 0);
});

test('a name is looked up once, so that a second answer of its name servers leads nowhere else', async () => {
  await using server = await aServer((_, response) => void response.end('here'));
  const names = resolving(['127.0.0.1'], ['169.254.169.254']);
  const lookup = checkedLookup(LOOPBACK, names.resolve);
  const called = await call(`http://hooks.example:${server.port}/`, { lookup });
  assert.equal(called.kind, 'answered');
  assert.equal(names.asked(), 1);
  assert.equal((await call(`http://hooks.example:${server.port}/`, { lookup })).kind, 'refused');
});

test('of what a name leads to only what may be called is', async () => {
  await using server = await aServer((_, response) => void response.end());
  const lookup = checkedLookup(LOOPBACK, resolving(['10.0.0.1', '127.0.0.1']).resolve);
  assert.equal((await call(`http://hooks.example:${server.port}/`, { lookup })).kind, 'answered');
});

test('https is called where its certificate is for the name, and by one that is trusted', async () => {
  await using server = await aServer((_, response) => void response.end(), true);
  const lookup = checkedLookup(LOOPBACK, resolving(['127.0.0.1']).resolve);
  assert.equal((await call(`https://127.0.0.1:${server.port}/`, { ca: TEST_CA })).kind, 'answered');
  const wrong = await call(`https://hooks.example:${server.port}/`, { ca: TEST_CA, lookup });
  assert.match(JSON.stringify(wrong), /"failed".*hooks\.example/);
  assert.match(JSON.stringify(await call(`https://127.0.0.1:${server.port}/`)), /"failed".*certificate/);
});

test('of an answer without end its beginning is read, and what it said first counts', async () => {
  await using server = await aServer((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const called = await call(`http://127.0.0.1:${server.port}/`);
  assert.ok(called.kind === 'answered');
  assert.deepEqual([called.status, called.body.length, called.truncated], [200, 1_000, true]);
});

test('an answer that does not come, or not to its end, is waited for no longer than its time', async () => {
  const clock = new TestClock();
  let reached = 0;
  await using silent = await aServer(() => {
    reached += 1;
  });
  const none = call(`http://127.0.0.1:${silent.port}/`, { clock });
  await until(() => reached === 1, 'it is called');
  clock.advance(CALL_MS);
  assert.match(JSON.stringify(await none), /"failed".*did not answer within 30 s/);
  await using dripping = await aServer((_, response) => void response.write('x'));
  const half = call(`http://127.0.0.1:${dripping.port}/`, { clock });
  await until(async () => {
    clock.advance(CALL_MS / 10);
    return Promise.race([half.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
  }, 'it is over');
  assert.match((await half).kind, /answered|failed/);
});

test('http is not called unless that is allowed, and no address with a password ever', async () => {
  for (const url of ['http://127.0.0.1/', 'https://a:b@127.0.0.1/', 'file:///etc/passwd', 'nothing'])
    assert.equal((await call(url, { allowHttp: false })).kind, 'refused', url);
});
