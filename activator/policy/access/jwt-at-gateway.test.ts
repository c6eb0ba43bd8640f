/** What tokens of an issuer do to requests of a gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JwtSpec } from '#api/rules/jwt-fault.ts';
import { GOOD_TOKEN, HOSTILE_AUTHORIZATIONS } from '../../testing/hostile-tokens.ts';
import { aFunction, ask, TestGateway } from '../../testing/test-gateway.ts';
import { AUDIENCE, aToken, CLAIMS, ISSUER, TestIssuer } from '../../testing/test-issuer.ts';

const SPEC: JwtSpec = { issuer: ISSUER, audiences: [AUDIENCE, 'other-shop'] };

test('through a gateway each of them is a 401 that says nothing, and wakes nothing', async () => {
  const issuer = new TestIssuer();
  await using gateway = await TestGateway.start({ tokens: issuer.checks });
  gateway.putFunction(aFunction('hello', { access: [{ jwt: SPEC }] }));
  const sendable = HOSTILE_AUTHORIZATIONS.filter(([, text]) => /^[\t -~]*$/.test(text) && text.length < 15_000);
  for (const [what, authorization] of sendable) {
    const { status, body } = await ask(gateway.port, { headers: { authorization } });
    assert.equal(status, 401, what);
    assert.ok(!/token|signature|issuer|hello|login/.test(body), body);
  }
  const large = await ask(gateway.port, {
    headers: { authorization: `Bearer ${aToken({ claims: { ...CLAIMS, a: 'x'.repeat(65_536) } })}` },
  });
  assert.equal(large.status, 431);
  assert.equal(gateway.scales.writes.length, 0);
  await gateway.addReplica('pod-a', 'hello-1', (_request, response) => response.end('in'));
  const good = await ask(gateway.port, { headers: { authorization: `Bearer ${GOOD_TOKEN}` } });
  assert.deepEqual([good.status, good.body], [200, 'in']);
});

test('the function gets who asks, its claims and what is forwarded; no header of the client in their place', async () => {
  const issuer = new TestIssuer();
  await using gateway = await TestGateway.start({ tokens: issuer.checks });
  gateway.putFunction(
    aFunction('hello', { access: [{ jwt: { ...SPEC, forward: { 'X-User': 'sub', 'X-Mail': 'mail' } } }] }),
  );
  await gateway.addReplica('pod-a', 'hello-1', (request, response) => response.end(JSON.stringify(request.headers)));
  for (let i = 0; i < 2; i += 1) {
    const headers = {
      authorization: `bearer ${GOOD_TOKEN}`,
      'X-USER': 'root',
      'x-mail': 'root@evil',
      'x-catnap-caller-claims': 'e30',
    };
    const { status, body } = await ask(gateway.port, { headers });
    const got = JSON.parse(body);
    assert.deepEqual([status, got.authorization, got['x-user'], got['x-mail']], [200, undefined, 'anna', undefined]);
    assert.deepEqual([got['x-catnap-caller-way'], got['x-catnap-caller-issuer']], ['jwt', ISSUER]);
    assert.deepEqual(JSON.parse(Buffer.from(got['x-catnap-caller-claims'], 'base64url').toString()), CLAIMS);
  }
});

test('a function that is gone or changed gives back its key sets and tokens; a change closes what it closes at once', async () => {
  const issuer = new TestIssuer();
  await using gateway = await TestGateway.start({ tokens: issuer.checks });
  const { issuers, verified } = issuer.checks;
  const put = (spec: object) => gateway.putFunction(aFunction('hello', { access: [{ jwt: { ...SPEC, ...spec } }] }));
  const status = async () => (await ask(gateway.port, { headers: { authorization: `Bearer ${GOOD_TOKEN}` } })).status;
  put({});
  await gateway.addReplica('pod-a', 'hello-1', (_request, response) => response.end());
  assert.deepEqual([await status(), issuers.size], [200, 1]);
  assert.ok(verified.characters > 0);
  put({ audiences: ['elsewhere'] });
  assert.deepEqual([await status(), issuers.size, verified.characters], [401, 0, 0]);
  put({});
  assert.equal(await status(), 200);
  gateway.functionFeed.remove('hello');
  assert.deepEqual([issuers.size, verified.characters], [0, 0]);
});
