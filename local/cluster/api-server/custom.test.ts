import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Loose } from './test-server.ts';
import { TestServer, take } from './test-server.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function definition(kind: string, spec: Loose = {}): Loose {
  const plural = `${kind.toLowerCase()}s`;
  const properties = {
    size: { type: 'integer', minimum: 1, default: 3 },
    color: { type: 'string', maxLength: 20 },
    facets: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
  };
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties,
        'x-kubernetes-validations': [{ rule: "!has(self.color) || self.color != 'pink'", message: 'pink is taken' }],
      },
      status: { type: 'object', properties: { size: { type: 'integer' } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.org` },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
          additionalPrinterColumns: [{ name: 'Color', type: 'string', jsonPath: '.spec.color' }],
          selectableFields: [{ jsonPath: '.spec.color' }],
        },
      ],
      ...spec,
    },
  };
}

suite('custom resources over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Defines a kind and waits until it is served. */
  async function define(kind: string): Promise<string> {
    const created = await server.call('POST', DEFINITIONS, definition(kind));
    assert.equal(created.code, 201);
    const { name, resourceVersion } = created.body.metadata;
    const query = `watch=1&fieldSelector=metadata.name=${name}&resourceVersion=${resourceVersion}`;
    const stop = new AbortController();
    const [established] = await take(server.watch(`${DEFINITIONS}?${query}`, stop.signal), 1);
    stop.abort();
    assert.equal(established.object.status.conditions[1].type, 'Established');
    return `/apis/example.org/v1/namespaces/default/${kind.toLowerCase()}s`;
  }

  test('are served, complete and checked, once they are defined', async () => {
    const path = await define('Gem');
    const { code, body } = await server.call('POST', path, {
      metadata: { name: 'ruby' },
      spec: { color: 'red', cut: 1 },
    });
    assert.equal(code, 201);
    assert.deepEqual(body.spec, { color: 'red', size: 3 });
    assert.equal(body.metadata.generation, 1);
    const pink = await server.call('POST', path, { metadata: { name: 'rose' }, spec: { color: 'pink' } });
    assert.equal(pink.code, 422);
    assert.match(pink.body.message, /^Gem.example.org "rose" is invalid: spec: Invalid value: .*pink is taken$/);
    assert.equal(pink.body.details.name, 'rose');
    const groups = await server.get('/apis/example.org/v1');
    assert.deepEqual(
      groups.body.resources.map(({ name }: Loose) => name),
      ['gems', 'gems/scale', 'gems/status'],
    );
    const selected = await server.get(`${path}?fieldSelector=spec.color=red`);
    assert.equal(selected.body.items[0].kind, 'Gem');
  });

  test('are refused, not stumbled over, when a list with keys has items that can have none', async () => {
    const path = await define('Facet');
    for (const facets of [[null], [[]], ['x'], [{}]]) {
      const { code } = await server.call('POST', path, { metadata: { name: 'f' }, spec: { facets } });
      assert.equal(code, 422, JSON.stringify(facets));
    }
    assert.equal((await server.call('POST', path, { metadata: { name: 'f' }, spec: {} })).code, 201);
    const { code } = await server.patch(`${path}/f`, 'merge', { spec: { facets: [null] } });
    assert.equal(code, 422);
  });

  test('keep status and the rest apart', async () => {
    const path = await define('Coin');
    await server.call('POST', path, { metadata: { name: 'c' }, spec: { size: 2 }, status: { size: 9 } });
    assert.equal((await server.get(`${path}/c`)).body.status, undefined);
    const patched = await server.patch(`${path}/c/status`, 'merge', {
      metadata: { labels: { a: 'b' } },
      spec: { size: 5 },
      status: { size: 1 },
    });
    assert.deepEqual(
      [patched.body.spec.size, patched.body.status.size, patched.body.metadata.labels],
      [2, 1, undefined],
    );
    assert.equal(patched.body.metadata.generation, 1);
    const scaled = await server.patch(`${path}/c/scale`, 'merge', { spec: { replicas: 4 } });
    assert.equal(scaled.body.kind, 'Scale');
    const { body } = await server.get(`${path}/c`);
    assert.deepEqual([body.spec.size, body.status.size, body.metadata.generation], [4, 1, 2]);
  });

  test('are replaced only by those who have seen them', async () => {
    const path = await define('Medal');
    const { body } = await server.call('POST', path, { metadata: { name: 'm' }, spec: {} });
    const { resourceVersion: _none, ...metadata } = body.metadata;
    const blind = await server.call('PUT', `${path}/m`, { ...body, metadata });
    assert.equal(blind.code, 422);
    assert.match(blind.body.message, /metadata.resourceVersion: Invalid value: 0.*: must be specified for an update$/);
  });

  test('take no strategic merge patch', async () => {
    const path = await define('Stamp');
    await server.call('POST', path, { metadata: { name: 's' }, spec: {} });
    assert.equal((await server.patch(`${path}/s`, 'strategic', { spec: { size: 2 } })).code, 415);
  });

  test('go with their definition, after what holds them', async () => {
    const path = await define('Card');
    await server.call('POST', path, { metadata: { name: 'held', finalizers: ['example.org/hold'] }, spec: {} });
    await server.call('POST', path, { metadata: { name: 'free' }, spec: {} });
    await server.call('DELETE', `${DEFINITIONS}/cards.example.org`);
    assert.equal((await server.get(`${path}/free`)).code, 404);
    const late = await server.call('POST', path, { metadata: { name: 'late' }, spec: {} });
    assert.equal(late.code, 405);
    await server.patch(`${path}/held`, 'merge', { metadata: { finalizers: null } });
    assert.equal((await server.get(`${DEFINITIONS}/cards.example.org`)).code, 404);
    assert.equal((await server.get(path)).code, 404);
  });

  test('are there again after a restart, with what was defined since', async () => {
    const path = await define('Relic');
    await server.call('POST', path, { metadata: { name: 'old' }, spec: {} });
    const crd = definition('Relic');
    crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.age = { type: 'integer', default: 100 };
    await server.patch(`${DEFINITIONS}/relics.example.org`, 'merge', { spec: crd.spec });
    assert.equal((await server.get(`${path}/old`)).body.spec.age, 100);
    await server.restart();
    assert.equal((await server.get(`${path}/old`)).body.spec.age, 100);
  });

  test('have a definition that makes sense', async () => {
    const crd = definition('Broken');
    crd.metadata.name = 'other.example.org';
    const { code, body } = await server.call('POST', DEFINITIONS, crd);
    assert.equal(code, 422);
    assert.match(
      body.message,
      /metadata.name: Invalid value: "other.example.org": must be spec.names.plural\+"\."\+spec.group/,
    );
  });
});
