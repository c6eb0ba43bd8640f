/** What a Function says of an issuer of tokens that does not give its keys. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { ConditionType } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import { EVENTS } from '#platform/kube/resources.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;

const LOOPBACK = { CATNAP_ISSUER_HTTP: 'true', CATNAP_ISSUER_NETWORKS: '127.0.0.0/8' };
const OFTEN = { freshMs: 200, failedMs: 200 };
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** An issuer that answers while it is `up`. */
class PlayedIssuer implements AsyncDisposable {
  up = false;
  asked = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked += 1;
      if (!this.up) response.writeHead(503).end();
      else if (request.url === '/keys') response.end(JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }));
      else response.end(JSON.stringify({ issuer: this.address, jwks_uri: `${this.address}/keys` }));
    }).listen(0, '127.0.0.1');
  }

  static async start(): Promise<PlayedIssuer> {
    const issuer = new PlayedIssuer();
    await once(issuer.#server, 'listening');
    return issuer;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const spec = ({ address }: PlayedIssuer) => ({
  source: { inline: 'export default () => 1;' },
  access: [{ jwt: { issuer: address, audiences: ['shop'] } }],
});
const found = (fn: FunctionObject, type: ConditionType) => fn.status?.conditions?.find((one) => one.type === type);
const is = (type: ConditionType, text: string) => (fn: FunctionObject) =>
  `${found(fn, type)?.status} ${found(fn, type)?.reason}` === text;

async function warnings(name: string): Promise<string[]> {
  const { items } = await kube.listAll(EVENTS, { namespace, signal });
  const its = items.filter(({ involvedObject, type }) => involvedObject.name === name && type === 'Warning');
  return its.map(({ reason, message }) => `${reason}: ${message}`);
}

test('an issuer that is down at first is told with its field, mends by itself, and is an Event when it goes again', async () => {
  await stage.stopOperator();
  await stage.startOperator(LOOPBACK, OFTEN);
  await using issuer = await PlayedIssuer.start();
  await stage.apply('members', spec(issuer));
  const closed = await stage.function('members', 'is told', is('Ready', 'False PolicyInvalid'));
  assert.ok(is('RouteReady', 'False PolicyInvalid')(closed));
  const told = `spec.access[0].jwt: the issuer ${issuer.address} does not give its keys`;
  const message = found(closed, 'RouteReady')?.message ?? '';
  assert.ok(message.startsWith(told), message);
  assert.ok((await warnings('members')).every((text) => !text.includes('IssuerUnreachable')));

  issuer.up = true;
  await stage.function('members', 'is ready', is('Ready', 'True Untried'));

  issuer.up = false;
  await eventually('an Event says that it is away', async () => {
    return (await warnings('members')).some((text) => text.startsWith(`IssuerUnreachable: ${told}`));
  });
  await stage.function('members', 'stays ready', is('Ready', 'True Untried'));

  await stage.stopOperator();
  const { asked } = issuer;
  await stage.startOperator(LOOPBACK, OFTEN);
  await eventually('it is asked by the next operator, and asked again', () => issuer.asked >= asked + 3);
  const fn = await stage.function('members', 'is as it was', is('Ready', 'True Untried'));
  assert.match(found(fn, 'RouteReady')?.message ?? '', /keys that gateways have are good for a day/);
});

test('an issuer at an address that this installation does not allow is not asked, and the Function says so', async () => {
  await stage.stopOperator();
  await stage.startOperator({ CATNAP_ISSUER_HTTP: 'true' }, OFTEN);
  await using issuer = await PlayedIssuer.start();
  issuer.up = true;
  await stage.apply('inside', spec(issuer));
  const fn = await stage.function('inside', 'is told', is('Ready', 'False PolicyInvalid'));
  assert.match(
    found(fn, 'RouteReady')?.message ?? '',
    /is not public, and not among those that this installation allows/,
  );
  assert.equal(issuer.asked, 0);
});
