import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction } from '../testing/builders.ts';
import { validateFunction } from './validate-function.ts';

test('a spec with mistakes is told, not thrown', () => {
  const fn = aFunction();
  const odd = { ...fn, spec: { ...fn.spec, timeoutSeconds: -1 } };
  const checked = validateFunction(odd);
  assert.ok('mistakes' in checked);
  assert.match(checked.mistakes, /timeoutSeconds/);
});

test('defaults that the API server did not fill in are filled in', () => {
  const checked = validateFunction({
    ...aFunction(),
    spec: { source: { inline: 'x' } } as ReturnType<typeof aFunction>['spec'],
  });
  assert.ok('fn' in checked);
  assert.equal(checked.fn.spec.scaling.idleSeconds, 60);
});
