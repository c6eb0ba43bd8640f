import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Verified, VerifiedTokens } from './verified-tokens.ts';

const aToken = (characters: number) => ({ characters }) as Verified;

test('one that brings very many tokens loses its own, not those of others', () => {
  const all = new VerifiedTokens(1_000);
  const [small, large] = [all.own(), all.own()];
  for (let i = 0; i < 3; i += 1) small.put(`s${i}`, aToken(100));
  for (let i = 0; i < 500; i += 1) {
    large.put(`l${i}`, aToken(100));
    assert.ok(all.characters <= 1_000);
  }
  assert.equal(small.characters, 300);
  assert.ok(large.find('l499') !== undefined && large.find('l0') === undefined);
});

test('what is cleared or removed makes room again, once', () => {
  const all = new VerifiedTokens(1_000);
  const own = all.own();
  own.put('a', aToken(10));
  own.put('a', aToken(20));
  own.put('b', aToken(5));
  assert.equal(all.characters, 25);
  own.remove('a');
  own.remove('a');
  assert.equal(all.characters, 5);
  own.clear();
  own.clear();
  assert.equal(all.characters, 0);
});
