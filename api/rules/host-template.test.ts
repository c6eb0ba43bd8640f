import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HOST_TEMPLATE, HostTemplate, hostTemplateMistake } from './host-template.ts';

const dotted = new HostTemplate(DEFAULT_HOST_TEMPLATE, 'fn.Example');
const dashed = new HostTemplate('{name}-{namespace}.{domain}', 'fn.example');

for (const template of [
  DEFAULT_HOST_TEMPLATE,
  '{name}-{namespace}.{domain}',
  '{namespace}.{name}.{domain}',
  'fn-{name}.{namespace}.apps.{domain}',
]) {
  test(`${template} may be a template`, () => assert.equal(hostTemplateMistake(template), undefined));
}

for (const template of [
  '',
  '{name}.{domain}',
  '{name}.{name}.{domain}',
  '{name}{namespace}.{domain}',
  '{name}.{namespace}',
  '{name}.{namespace}.{domain}.x',
  '{name}.{namespace}{domain}',
  '{name}..{namespace}.{domain}',
  '-{name}.{namespace}.{domain}',
  '{name}_{namespace}.{domain}',
  'X{name}.{namespace}.{domain}',
  '{name}.{namespace}.{other}.{domain}',
]) {
  test(`${template || 'nothing'} may be no template`, () => {
    assert.notEqual(hostTemplateMistake(template), undefined);
    assert.throws(() => new HostTemplate(template, 'fn.example'), /host template/);
  });
}

test('makes hosts, in lower case', () => {
  assert.equal(dotted.hostOf({ namespace: 'shop', name: 'cart' }), 'cart.shop.fn.example');
  assert.equal(dashed.hostOf({ namespace: 'shop', name: 'cart' }), 'cart-shop.fn.example');
});

test('a host that would be longer than a host name may be is none, and why is told', () => {
  const long = { namespace: 'n'.repeat(30), name: 'f'.repeat(40) };
  assert.equal(dashed.hostOf(long), undefined);
  assert.match(dashed.tooLong(long) ?? '', /63 between two dots/);
  assert.equal(dotted.tooLong(long), undefined);
  const deep = new HostTemplate(DEFAULT_HOST_TEMPLATE, Array(3).fill('d'.repeat(60)).join('.'));
  assert.equal(deep.hostOf(long), undefined);
  assert.match(deep.tooLong(long) ?? '', /253 characters/);
});

test('finds every function that would have a host', () => {
  assert.deepEqual(dotted.functionsAt('cart.shop.fn.example'), [{ namespace: 'shop', name: 'cart' }]);
  assert.deepEqual(dashed.functionsAt('a-b-c.fn.example'), [
    { namespace: 'b-c', name: 'a' },
    { namespace: 'c', name: 'a-b' },
  ]);
  for (const host of ['fn.example', 'shop.fn.example', 'x.cart.shop.fn.example', 'cart.shop.other', 'cart.shop']) {
    assert.deepEqual(dotted.functionsAt(host), [], host);
  }
  assert.deepEqual(dotted.functionsAt(`${'f'.repeat(55)}.shop.fn.example`), [], 'no function has so long a name');
});

test('what is below a namespace’s label is the namespace’s', () => {
  for (const host of ['cart.shop.fn.example', 'later.shop.fn.example', 'a.b.shop.fn.example']) {
    assert.equal(dotted.namespaceOf(host), 'shop', host);
  }
  for (const host of ['fn.example', 'shop.fn.example', 'x.example', '..shop.fn.example']) {
    assert.equal(dotted.namespaceOf(host), undefined, host);
  }
});

test('a host that functions of several namespaces could have is no namespace’s', () => {
  assert.equal(dashed.namespaceOf('cart-shop.fn.example'), 'shop');
  assert.equal(dashed.namespaceOf('a-b-c.fn.example'), undefined);
  assert.equal(dashed.namespaceOf('x.cart-shop.fn.example'), undefined);
});

test('reads back what it makes', () => {
  for (const template of [dotted, dashed, new HostTemplate('f-{namespace}.x.{name}-y.z.{domain}', 'fn.example')]) {
    for (const name of ['a', 'a-b', 'x-1', 'y--z']) {
      for (const namespace of ['n', 'n-m', 'x', '9-y']) {
        const found = template.functionsAt(template.hostOf({ name, namespace }) ?? '');
        assert.ok(
          found.some((one) => one.name === name && one.namespace === namespace),
          `${name} ${namespace}`,
        );
        assert.ok(found.length === 1 || template.ambiguous);
      }
    }
  }
});
