import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../command-line/command-error.ts';
import { invocationOf, pathAtGateway, type Typed } from './invocation.ts';

const of = (typed: Partial<Typed>) =>
  invocationOf({ path: undefined, method: undefined, headers: [], hasBody: false, ...typed });
const refused = (exitCode: number) => (error: unknown) => error instanceof CommandError && error.exitCode === exitCode;

test('a request is a GET of /, with a body a POST, and otherwise what is said', () => {
  assert.deepEqual(of({}), { method: 'GET', target: '/', headers: {} });
  assert.equal(of({ hasBody: true }).method, 'POST');
  assert.equal(of({ hasBody: true, method: 'put' }).method, 'PUT');
});

test('a path is encoded where it has to be, and stays within the function', () => {
  const cases = {
    a: '/a',
    '/a b?c=d e': '/a%20b?c=d%20e',
    '?x': '/?x',
    '/a%2Fb': '/a%2Fb',
    '/../../x': '/x',
    '//x/y': '//x/y',
  };
  for (const [path, target] of Object.entries(cases)) assert.equal(of({ path }).target, target, path);
  assert.equal(of({ path: 'http://elsewhere/x' }).target, '/http://elsewhere/x');
});

test('headers of one name are all sent, and what is none is refused', () => {
  const headers = ['X-A: 1', 'x-a:2', 'X-Empty:', 'Cookie: a=b: c'];
  assert.deepEqual(of({ headers }).headers, { 'x-a': ['1', '2'], 'x-empty': [''], cookie: ['a=b: c'] });
  for (const bad of ['none', ': x', 'a b: c', 'x: a\nb', 'x: \u0000']) {
    assert.throws(() => of({ headers: [bad] }), refused(2), bad);
  }
  for (const method of ['', 'GET /', 'CONNECT', 'a'.repeat(40)])
    assert.throws(() => of({ method }), refused(2), method);
});

test('what the API server would change is not sent through it', () => {
  assert.equal(pathAtGateway('team', 'greet', '/a?b=//%2F'), '/fn/team/greet/a?b=//%2F');
  for (const target of ['/a//b', '//', '/a%2Fb', '/%2f..%2f', '/a%5Cb']) {
    assert.throws(() => pathAtGateway('team', 'greet', target), refused(2), target);
  }
});
