import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invocationAt } from './invocation-path.ts';

const ID = '018bcfe5-6800-7abc-8def-0123456789ab';
const PATH = `/.catnap/invocations/${ID}`;

test('the path of an invocation, and of its answer, below where its function is', () => {
  assert.deepEqual(invocationAt(PATH, ''), { id: ID, part: 'status' });
  assert.deepEqual(invocationAt(`/api/v1${PATH}?x=/response`, '/api/v1'), { id: ID, part: 'status' });
  assert.deepEqual(invocationAt(`${PATH}/response?a`, ''), { id: ID, part: 'response' });
});

test('nothing else is one, however near', () => {
  const others = [`${PATH}/`, `${PATH}/response/`, `${PATH}/Response`, `${PATH}x`, `/${PATH}`, `/x/..${PATH}`];
  others.push(PATH.replace('-7', '-4'), PATH.toUpperCase(), PATH.replace('.', '%2e'), `${PATH}%2Fresponse`);
  others.push('/.catnap/invocations/', '/.catnap/invocations', '/.catnap/ready', PATH.slice(0, -1), `/x${PATH}`);
  others.push(PATH.replace('-8', '-7'), `${PATH};x`, `${PATH}#x`, `${PATH}/response${PATH}`);
  assert.deepEqual(
    others.filter((path) => invocationAt(path, '') !== undefined),
    [],
  );
  assert.equal(invocationAt(PATH, '/api'), undefined);
  assert.equal(invocationAt(`/apix${PATH}`, '/api'), undefined);
});
