import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_STATUS, type ErrorCode, PUBLIC_MESSAGE } from '#api/errors.ts';
import { answerFor, withoutDetail } from './gateway-error.ts';

const headersOf = (flat: string[]) => {
  const headers = new Headers();
  for (let i = 0; i < flat.length; i += 2) headers.append(flat[i] as string, flat[i + 1] as string);
  return headers;
};

test('an answer carries status, code, request id and a body that says the same', () => {
  const answer = answerFor({ code: 'FunctionNotFound', message: 'nobody' }, null, 'id-1', false);
  const headers = headersOf(answer.headers);
  assert.equal(answer.status, 404);
  assert.equal(headers.get('x-catnap-error'), 'FunctionNotFound');
  assert.equal(headers.get('x-request-id'), 'id-1');
  assert.equal(headers.get('content-length'), String(Buffer.byteLength(answer.body)));
  assert.equal(headers.get('retry-after'), null);
  assert.deepEqual(JSON.parse(answer.body), {
    error: 'FunctionNotFound',
    message: 'nobody',
    function: null,
    requestId: 'id-1',
  });
});

test('what may pass by itself says when to come again', () => {
  for (const code of ['QueueFull', 'QueueTimeout', 'RevisionFailed', 'GatewayUnavailable', 'GatewayBusy'] as const) {
    const headers = headersOf(answerFor({ code, message: '' }, 'a/b', 'id', false).headers);
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, code);
  }
});

test('a revision that cannot start gives the reason of its condition', () => {
  const { body } = answerFor({ code: 'RevisionFailed', message: 'm', reason: 'CrashLoop' }, 'a/b', 'id', false);
  assert.equal(JSON.parse(body).reason, 'CrashLoop');
});

test('without detail nothing is said but the code and a general sentence, unless the caller is to blame', () => {
  const secret = 'pod hello-1-x cannot be configured (secret "stripe" not found)';
  for (const [code, status] of Object.entries(ERROR_STATUS)) {
    const failure = { code: code as ErrorCode, message: secret, reason: 'SecretNotFound', function: 'a/b' };
    const shown = withoutDetail(failure);
    if (PUBLIC_MESSAGE[failure.code] === undefined)
      assert.deepEqual(shown, status === 403 || status === 401 ? { ...failure, function: null } : failure);
    else
      assert.deepEqual(
        [shown.code, shown.function, 'reason' in shown, /stripe/.test(shown.message)],
        [code, status === 403 || status === 401 ? null : 'a/b', false, false],
      );
  }
});

test('callers learn that the cluster has no room, without names or numbers', () => {
  const failure = { code: 'QueueTimeout', message: 'pod x finds no node: 0/3 nodes', reason: 'Unschedulable' } as const;
  assert.deepEqual(withoutDetail(failure), {
    code: 'QueueTimeout',
    message: 'the cluster has no room for this function now; ask again later',
  });
});

test('a leaving gateway ends the connection', () => {
  const answer = answerFor({ code: 'QueueFull', message: '' }, 'a/b', 'id', true);
  assert.equal(headersOf(answer.headers).get('connection'), 'close');
});

test('of a replica that ends again and again it is said where its log is', () => {
  const failure = { code: 'RevisionFailed', reason: 'CrashLoop', message: 'ended 2 times' } as const;
  const said = (of: typeof failure, key: string | null) => JSON.parse(answerFor(of, key, 'id', false).body).message;
  assert.equal(
    said(failure, 'shop/orders'),
    'ended 2 times. Its last log lines: kubectl describe function orders --namespace shop',
  );
  assert.equal(said(failure, null), 'ended 2 times');
});
