import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costs } from './profile.ts';

const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 9 } });

test('time is shared out among those who took it; idle time is nobody’s', () => {
  const profile = {
    nodes: [node(1, '(idle)'), node(2, 'writev'), node(3, 'head', 'file:///catnap/activator.mjs'), node(4, 'emit')],
    samples: [1, 2, 2, 3, 4],
    timeDeltas: [500, 20, 30, 25, 25],
  };
  assert.deepEqual(costs(profile), {
    kinds: [
      { what: 'writing to sockets', share: 0.5 },
      { what: 'the activator and its packages', share: 0.25 },
      { what: 'built into the engine', share: 0.25 },
    ],
    functions: [
      { what: 'writev', share: 0.5 },
      { what: 'head catnap/activator.mjs:10', share: 0.25 },
      { what: 'emit', share: 0.25 },
    ],
  });
});
