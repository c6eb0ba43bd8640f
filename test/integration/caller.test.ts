/** Several gateways that ask for keys, in front of real runtimes. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { Fleet } from './fleet.ts';

const KEYS = { ci: 'q83vEjRWeJCrze8SNFZ4kA', partner: 'AAECAwQFBgcICQoLDA0ODw' };
const access = [
  { apiKeys: [{ name: 'ci', sha256: hash('sha256', KEYS.ci) }] },
  { apiKeys: [{ name: 'partner', sha256: hash('sha256', KEYS.partner) }], header: 'X-Partner' },
];
const spec = { concurrency: { limit: 0 }, access };
/** What they send besides who they say they are. */
const FORGED = { 'x-catnap-caller-way': 'jwt', 'x-catnap-caller-name': 'root', 'x-catnap-caller-claims': 'e30' };

const SEEN = `{ caller, headers: Object.fromEntries([...headers].filter(([name]) => /catnap|key|partner/.test(name))) }`;
const FORMS: Record<string, string> = {
  'a web handler': `export default ({ headers }, { caller }) => (${SEEN});`,
  'a Worker': `export default { fetch: ({ headers }, env, { caller }) => Response.json(${SEEN}) };`,
};

for (const [form, source] of Object.entries(FORMS)) {
  test(`${form} is told whose key a request came with, by whichever gateway`, async () => {
    await using fleet = await Fleet.start({ gateways: 2, source, spec });
    const refused = await Promise.all([fleet.ask(0), fleet.ask(1, FORGED), fleet.ask(0, { 'x-partner': KEYS.ci })]);
    assert.deepEqual(
      refused.map(({ status }) => status),
      [401, 401, 401],
    );
    assert.ok(fleet.gateways.every(({ scales }) => scales.writes.length === 0));
    await fleet.add();
    await fleet.answering(1);
    const seen = async (gateway: number, headers: Record<string, string>) =>
      JSON.parse((await fleet.ask(gateway, { ...FORGED, ...headers })).body);
    const named = (name: string) => ({
      caller: { way: 'apiKeys', name },
      headers: { 'x-catnap-caller-way': 'apiKeys', 'x-catnap-caller-name': name },
    });
    assert.deepEqual(await seen(0, { 'x-api-key': KEYS.ci, 'x-partner': 'no' }), named('ci'));
    assert.deepEqual(await seen(1, { 'x-partner': KEYS.partner }), named('partner'));
  });
}

test('where nothing is asked for there is no caller, whatever a client sends', async () => {
  const source = FORMS['a web handler'] ?? '';
  await using fleet = await Fleet.start({ gateways: 1, source, spec: { concurrency: { limit: 0 } } });
  await fleet.add();
  await fleet.answering(1);
  const { body } = await fleet.ask(0, { ...FORGED, X_Catnap_Caller_Name: 'root' });
  assert.deepEqual(JSON.parse(body), { headers: {} });
});
