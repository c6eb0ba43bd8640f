import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import { urlOf } from './address.ts';

const fn = { namespace: 'shop', name: 'cart' };
const dotted = new HostTemplate(DEFAULT_HOST_TEMPLATE, 'fn.example');
const dashed = new HostTemplate('{name}-{namespace}.{domain}', 'fn.example');
const http = { scheme: 'http', port: undefined } as const;
const route = (host: string, pathPrefix = '/', accepted = true) => ({ host, pathPrefix, accepted });

test('a function answers at its own host, the port told where it is not the scheme’s', () => {
  assert.equal(urlOf(fn, [route('a.example')], dotted, http), 'http://cart.shop.fn.example');
  assert.equal(urlOf(fn, [], dotted, { scheme: 'https', port: 443 }), 'https://cart.shop.fn.example');
  assert.equal(urlOf(fn, [], dotted, { scheme: 'http', port: 8080 }), 'http://cart.shop.fn.example:8080');
});

test('where its host is too long, or another function has it, its first accepted route stands in', () => {
  const long = { namespace: 'n'.repeat(40), name: 'f'.repeat(40) };
  const routes = [route('no.example', '/', false), route('a.example', '/x')];
  assert.equal(urlOf(long, routes, dashed, http), 'http://a.example/x');
  assert.equal(urlOf(fn, [route('cart-shop.fn.example', '/', false)], dashed, http), undefined);
  assert.equal(urlOf(fn, [route('cart-shop.fn.example')], dashed, http), 'http://cart-shop.fn.example');
});
