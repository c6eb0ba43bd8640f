import type { Template } from './template.ts';

export const HELLO: Template = {
  name: 'hello',
  description: 'a web handler: a request in, an answer out',
  dependencies: [],
  devDependencies: [],
  call: 'curl "$URL/?name=you"',
  files: {
    'src/index.ts': `import type { Context } from '@catnap/runtime';

export default function hello(request: Request, context: Context) {
  const name = new URL(request.url).searchParams.get('name') ?? 'world';
  context.log.info('greeted', { name });
  return { hello: name };
}
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '@catnap/runtime';
import hello from './index.ts';

test('greets by name, and says so in the log', () => {
  const context = createTestContext();
  assert.deepEqual(hello(new Request('http://localhost/?name=you'), context), { hello: 'you' });
  assert.deepEqual(context.lines, [{ level: 'info', message: 'greeted', fields: { name: 'you' } }]);
});
`,
  },
};
