import type { Template } from './template.ts';

export const WORKER: Template = {
  name: 'worker',
  description: 'an object with fetch(request, env, ctx), as for Cloudflare Workers',
  dependencies: [],
  devDependencies: [],
  call: 'curl "$URL/?name=you"',
  files: {
    'catnap.yaml': `spec:
  env:
    - name: GREETING
      value: Hello
`,
    'src/index.ts': `import type { FetchHandler } from '@catnap/runtime';

/** What catnap.yaml gives in spec.env. */
interface Env {
  GREETING: string;
}

export default {
  async fetch(request, env, ctx) {
    const name = new URL(request.url).searchParams.get('name') ?? 'World';
    ctx.waitUntil(Promise.resolve().then(() => ctx.log.info('greeted', { name })));
    return new Response(env.GREETING + ' ' + name + '!');
  },
} satisfies FetchHandler<Env>;
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '@catnap/runtime';
import worker from './index.ts';

test('greets as the environment says', async () => {
  const context = createTestContext();
  const answer = await worker.fetch(new Request('http://localhost/?name=you'), { GREETING: 'Good day' }, context);
  assert.equal(await answer.text(), 'Good day you!');
  await context.settled();
  assert.equal(context.lines.length, 1);
});
`,
  },
};
