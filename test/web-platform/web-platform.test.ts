import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Headers as OwnHeaders } from '../../runtime-image/web/headers.ts';
import { Request as OwnRequest } from '../../runtime-image/web/request.ts';
import { Response as OwnResponse } from '../../runtime-image/web/response.ts';
import { outcomeOf, type Web } from './case.ts';
import { BODY } from './cases/body.ts';
import { HEADERS } from './cases/headers.ts';
import { HEADERS_ITERATION } from './cases/headers-iteration.ts';
import { REQUEST } from './cases/request.ts';
import { REQUEST_BODY } from './cases/request-body.ts';
import { RESPONSE } from './cases/response.ts';
import { RESPONSE_STATICS } from './cases/response-statics.ts';
import { DIFFERENCES } from './differences.ts';

const CASES = [
  ...HEADERS,
  ...HEADERS_ITERATION,
  ...REQUEST,
  ...REQUEST_BODY,
  ...RESPONSE,
  ...RESPONSE_STATICS,
  ...BODY,
];
const IMPLEMENTATIONS = {
  runtime: { Headers: OwnHeaders, Request: OwnRequest, Response: OwnResponse } as unknown as Web,
  node: { Headers, Request, Response } as unknown as Web,
};

/** By name what came of those cases of which something else was expected. */
async function differing(web: Web): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const one of CASES) {
    const outcome = await outcomeOf(one, web);
    if (!isDeepStrictEqual(outcome, one.expect)) found[one.name] = outcome;
  }
  return found;
}

for (const whose of ['runtime', 'node'] as const) {
  test(`the ${whose}’s Headers, Request and Response do as the web platform’s, but for what is listed with its reason`, async () => {
    const listed = DIFFERENCES.filter(({ of }) => of.includes(whose)).map(({ name, got }) => [name, got]);
    assert.deepEqual(await differing(IMPLEMENTATIONS[whose]), Object.fromEntries(listed));
  });
}

test('there are some 700 cases of the web platform, each with a name of its own', () => {
  const names = CASES.map(({ name }) => name);
  assert.ok(names.length >= 700, `${names.length}`);
  assert.equal(new Set(names).size, names.length);
});
