import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { PodTokens, tokenKey } from './pod-tokens.ts';
import { VolumeError } from './volumes.ts';

const wish = { audience: undefined, expirationSeconds: 1_000 };
const pod: Pod = {
  metadata: { name: 'p', uid: 'u' },
  spec: {
    containers: [],
    volumes: [
      { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 1_000 } }] } },
    ],
  },
};

/** A server that answers with `t1`, `t2` … as long as it is up. */
function aServer() {
  const clock = new TestClock();
  const server = { up: true, issued: 0, due: 0 };
  const tokens = new PodTokens({
    clock,
    request: async () => {
      if (!server.up) throw new Error('no answer');
      server.issued += 1;
      return { token: `t${server.issued}`, lifeMs: 1_000_000 };
    },
    due: () => {
      server.due += 1;
    },
  });
  const token = async () => (await tokens.of(pod)).get(tokenKey(wish));
  return { clock, server, tokens, token };
}

test('a token is kept for four fifths of its life', async () => {
  const { clock, server, token } = aServer();
  assert.equal(await token(), 't1');
  clock.advance(799_000);
  assert.deepEqual([await token(), server.due], ['t1', 0]);
  clock.advance(1_000);
  assert.deepEqual([await token(), server.due], ['t2', 1]);
});

test('a token that is good for days is replaced after one', async () => {
  const clock = new TestClock();
  let due = 0;
  const request = async () => ({ token: 't', lifeMs: 7 * 24 * 3_600_000 });
  const tokens = new PodTokens({ clock, request, due: () => due++ });
  await tokens.of(pod);
  clock.advance(24 * 3_600_000);
  assert.equal(due, 1);
});

test('while the server does not answer, the present token goes on, and a pod without one has to wait', async () => {
  const { clock, server, token } = aServer();
  server.up = false;
  const refused = await token();
  assert.ok(refused instanceof VolumeError);
  assert.equal(refused.message, 'failed to fetch token: no answer');
  server.up = true;
  await token();
  server.up = false;
  clock.advance(900_000);
  assert.equal(await token(), 't1');
  clock.advance(100_000);
  assert.ok((await token()) instanceof VolumeError);
});

test('nothing is due for a pod that is gone', async () => {
  const { clock, server, tokens, token } = aServer();
  await token();
  tokens.forget(pod);
  clock.advance(1_000_000);
  assert.equal(server.due, 0);
});
