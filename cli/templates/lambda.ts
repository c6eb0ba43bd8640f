import type { Template } from './template.ts';

export const LAMBDA: Template = {
  name: 'lambda',
  description: 'export const handler, as for AWS Lambda behind an HTTP API',
  dependencies: [],
  devDependencies: ['@types/aws-lambda'],
  call: 'curl "$URL/?name=you"',
  files: {
    'src/index.ts': `import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ hello: event.queryStringParameters?.name ?? 'world' }),
});
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { handler } from './index.ts';

test('greets by name', async () => {
  const event = { queryStringParameters: { name: 'you' } } as unknown as APIGatewayProxyEventV2;
  const { statusCode, body } = await handler(event);
  assert.deepEqual([statusCode, body], [200, '{"hello":"you"}']);
});
`,
  },
};
