import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JwtSpec, jwtFault } from './jwt-fault.ts';

const GOOD: JwtSpec = { issuer: 'https://login.example.com/realms/a', audiences: ['shop'] };

test('what can be checked has no fault', () => {
  const all: JwtSpec = {
    ...GOOD,
    jwksUri: 'https://login.example.com/keys?version=2',
    claims: { '/realm_access/roles': ['member'], level: ['3'] },
    scopes: ['read', 'https://example.com/write'],
    forward: { 'X-User': 'sub', 'X-Mail': '/contact/mail' },
  };
  for (const spec of [GOOD, all, { ...GOOD, issuer: 'http://127.0.0.1:3000' }]) assert.equal(jwtFault(spec), undefined);
});

test('what cannot is named by its field, whatever a schema lets through', () => {
  const wrong: [object, RegExp][] = [
    ...[undefined, null, 7, '', 'login.example.com', 'ftp://a.example', 'https://', 'javascript:1', 'https://['].map(
      (issuer): [object, RegExp] => [{ issuer }, /^\.issuer: /],
    ),
    [{ issuer: 'https://a:b@c.example' }, /^\.issuer: .*password/],
    [{ issuer: 'https://a.example?b' }, /^\.issuer: nothing may follow/],
    [{ jwksUri: 'file:///etc/passwd' }, /^\.jwksUri: /],
    [{ jwksUri: 'https://a.example#b' }, /^\.jwksUri: nothing may follow/],
    ...[undefined, null, [], 'shop', [''], [7], {}, Array(65).fill('a')].map((audiences): [object, RegExp] => [
      { audiences },
      /^\.audiences: /,
    ]),
    ...[null, [], 'x', { a: [] }, { a: 'x' }, { a: [7] }, { '': ['x'] }].map((claims): [object, RegExp] => [
      { claims },
      /^\.claims/,
    ]),
    ...['x', ['a b'], ['"'], [7], ['é']].map((scopes): [object, RegExp] => [{ scopes }, /^\.scopes/]),
    ...[
      'Authorization',
      'cookie',
      'Host',
      'X-Forwarded-For',
      'X_Forwarded_For',
      'X-Catnap-Caller-Name',
      'Content-Length',
      'a b',
      'a\r\nb',
      '',
      'x'.repeat(64),
    ].map((header): [object, RegExp] => [{ forward: { [header]: 'sub' } }, /^\.forward\[/]),
    [{ forward: { 'X-User': '' } }, /^\.forward\["X-User"\]: give the name/],
    [{ forward: { 'X-User': 'sub', 'x-user': 'sub' } }, /the same name/],
  ];
  for (const [change, fault] of wrong)
    assert.match(jwtFault({ ...GOOD, ...change }) ?? 'none', fault, JSON.stringify(change));
});
