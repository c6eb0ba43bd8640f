import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exported, requireHandler, type WantedHandler } from './exported-handler.ts';

function problem(exported: Partial<Exported>, wanted: Partial<WantedHandler> = {}): string | undefined {
  const unseen = { entry: 'index.ts', names: [], isCommonJs: false, mayRegister: false };
  try {
    requireHandler({ ...unseen, ...exported }, { handler: 'default', signature: 'auto', ...wanted });
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const FOUND: [names: string[], wanted: Partial<WantedHandler>][] = [
  [['default'], {}],
  [['handler'], {}],
  [['main'], { handler: 'main' }],
  [['api'], { handler: 'api.run' }],
  [['helloGET'], { signature: 'http' }],
  [['helloEvent'], { signature: 'cloudevent' }],
  [['main'], { signature: 'lambda' }],
  [['GET', 'POST', 'runtime'], {}],
  [['DELETE'], { signature: 'fetch' }],
  [['default', 'module.exports'], { handler: 'orders.create' }],
];
for (const [names, wanted] of FOUND) {
  test(`exports ${names} satisfy ${JSON.stringify(wanted)}`, () => {
    assert.equal(problem({ names }, wanted), undefined);
  });
}

test('a missing handler is named with what there is', () => {
  assert.match(problem({ names: ['main'] }) ?? '', /no default export, no export "handler".*it exports: main/);
  assert.match(
    problem({ names: ['main'] }, { signature: 'fetch' }) ?? '',
    /index\.ts has no default export; it exports/,
  );
  assert.match(problem({}, { signature: 'http' }) ?? '', /no other function for signature http; it exports nothing/);
  assert.match(problem({ names: ['a'] }, { handler: 'b.c' }) ?? '', /no export "b\.c"; it exports: a\..*spec\.handler/);
});

test('what only shows when the module runs is left to the runtime', () => {
  assert.equal(problem({ isCommonJs: true, names: ['default'] }, { handler: 'hello' }), undefined);
  assert.equal(problem({ mayRegister: true }), undefined);
});

test('a program that starts a server of its own is told to be an image, whatever it exports', () => {
  assert.match(problem({ startsServer: true }) ?? '', /it exports nothing.*listens by itself.*spec\.image/);
  assert.match(problem({ startsServer: true, names: ['a'] }, { handler: 'b' }) ?? '', /exports: a; .*spec\.image/);
  assert.doesNotMatch(problem({ names: ['a'] }) ?? '', /image/);
});
