import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portAdvice, portByVariable, portMove } from './own-port.ts';

const container = (port: string | undefined, ...declared: number[]) => ({
  name: 'main',
  env: port === undefined ? [] : [{ name: 'PORT', value: port }],
  ports: declared.map((containerPort) => ({ containerPort })),
});
const image = { command: ['node', 'server.mjs'] };

test('a program that learns its declared port from $PORT gets one for itself', () => {
  assert.equal(portByVariable(container('8080', 8080, 9090), image), 8080);
});

test('a program that knows its address, or its port from elsewhere, keeps its port', () => {
  assert.equal(portByVariable(container('8080', 8080), { ...image, ownAddress: true }), undefined);
  assert.equal(portByVariable(container(undefined, 8080), image), undefined);
  assert.equal(portByVariable(container('3000', 8080), image), undefined);
  assert.equal(
    portByVariable({ ...container('53'), ports: [{ containerPort: 53, protocol: 'UDP' }] }, image),
    undefined,
  );
});

test('a port is moved only where the program has another one', () => {
  assert.deepEqual(portMove(8080, '20001'), { from: 8080, to: 20001 });
  for (const actual of ['8080', undefined, '', '/run/socket', '0']) assert.equal(portMove(8080, actual), undefined);
  assert.equal(portMove(undefined, '20001'), undefined);
});

test('a program that found its port taken is told where to listen', () => {
  const advice = portAdvice('Error: listen EADDRINUSE: address already in use :::8080', '127.1.2.3');
  assert.match(advice ?? '', /\$PORT.*\$HOST.*127\.1\.2\.3/);
  assert.equal(portAdvice('Error: connect ECONNREFUSED', '127.1.2.3'), undefined);
});
