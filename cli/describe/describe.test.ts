import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import { ANNOTATION, LABEL } from '#api/names.ts';
import { adviceFor } from './advice.ts';
import { describeText } from './describe-text.ts';
import { eventsOf, revisionsOf } from './function-view.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const PLACE = { option: ' -n team', systemNamespace: 'catnap-system' };

function ready(status: Condition['status'], reason: string, message = ''): Condition {
  const lastTransitionTime = '2026-01-01T00:59:00Z';
  return { type: 'Ready', status, reason, message, observedGeneration: 2, lastTransitionTime } as Condition;
}

function aFunction(status: object | undefined, spec: object = { source: { inline: 'x' } }): FunctionObject {
  const metadata = { name: 'greet', namespace: 'team', generation: 2, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { metadata, spec, ...(status !== undefined && { status }) } as unknown as FunctionObject;
}

const deployment = (name: string, creationTimestamp: string, answeredAt?: string) => ({
  metadata: {
    name,
    creationTimestamp,
    labels: { [LABEL.revision]: name },
    annotations: answeredAt === undefined ? {} : { [ANNOTATION.answeredAt]: answeredAt },
  },
  status: { replicas: 2, readyReplicas: 1 },
});

test('the page has address, revisions, routes, conditions, events and what to do, and nothing that commands a terminal', () => {
  const object = aFunction({
    observedGeneration: 2,
    url: 'http://greet.team.localhost',
    revision: 'greet-old',
    latestRevision: 'greet-new',
    replicas: 3,
    readyReplicas: 1,
    scaling: { reason: 'one request is in flight' },
    failedStarts: { count: 2, lastTime: '2026-01-01T00:58:00Z' },
    routes: [
      { host: 'a.example', pathPrefix: '/', accepted: true, since: '2026-01-01T00:30:00Z' },
      { host: 'b.example', pathPrefix: '/x', accepted: false, reason: 'RouteConflict', message: 'other has it' },
    ],
    conditions: [ready('False', 'CrashLoop', 'exit 1:\n\u001b[31mboom')],
  });
  const revisions = revisionsOf(object, [
    deployment('greet-old', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'),
    deployment('greet-new', '2026-01-01T00:50:00Z'),
  ]);
  const events = [{ type: 'Warning', reason: 'CrashLoop', message: 'm', count: 3, lastAt: '2026-01-01T00:59:30Z' }];
  const view = { function: object, revisions, triggers: [], events, unreadable: [] };
  assert.equal(
    describeText(view, adviceFor(object, PLACE), NOW),
    `Name:          greet in team, made 60m ago
Ready:         False (CrashLoop) for 60s
Address:       http://greet.team.localhost
Runs:          source in the Function, 1 bytes
Replicas:      3, 1 of them ready
Scaling:       one request is in flight
Failed starts: 2, the last one 2m ago

Revisions:
  NAME        IS        READY   AGE   FIRST ANSWER
  greet-new   latest    1/2     10m   never
  greet-old   traffic   1/2     60m   59m ago

Routes:
  a.example  accepted 30m ago
  b.example/x  refused (RouteConflict): other has it

Conditions:
  Ready False (CrashLoop) for 60s: exit 1:
  �[31mboom

Events:
  30s ago  Warning CrashLoop (3 times): m

Next:
  see what it wrote before it ended: catnap logs greet -n team
  meanwhile greet-old answers; of what catnap deploy made, go back: catnap rollback greet -n team`,
  );
});

test('a function of which nothing is known yet, or that not all may see, has a page too', () => {
  const object = aFunction(undefined, { image: 'example/app:1', scaling: { minReplicas: 0, maxReplicas: 5 } });
  const view = {
    function: object,
    revisions: undefined,
    triggers: undefined,
    events: undefined,
    unreadable: ['no events for you'],
  };
  const page = describeText(view, adviceFor(object, PLACE), NOW);
  assert.match(
    page,
    /^Ready: +Unknown: nothing was said of it yet\nAddress: +none yet\nRuns: +image example\/app:1\nReplicas: +0, 0 of them ready \(0 to 5\)$/m,
  );
  assert.match(page, /\nNot shown:\n {2}no events for you\n\nNext:\n {2}see whether the operator runs/);
});

test('stored work is described by how it is delivered, and advised about where some was given up', () => {
  const condition = (reason: string, message: string) => ({
    ...{ type: 'Async', status: reason === 'Buried' ? 'False' : 'True', reason, message },
    lastTransitionTime: '2026-01-01T00:58:00Z',
  });
  const async = { mode: 'Always', timeoutSeconds: 900, maxConcurrency: 10, retry: { maxAttempts: 5 } };
  const described = (conditions: object[], spec: object) => {
    const object = aFunction({ observedGeneration: 2, conditions: [ready('True', 'Ready'), ...conditions] }, spec);
    const view = { function: object, revisions: undefined, triggers: undefined, events: undefined, unreadable: [] };
    return describeText(view, adviceFor(object, PLACE), NOW);
  };
  const buried = condition('Buried', '3 invocations are buried; the last: 404');
  const page = described([buried], { image: 'x', async });
  assert.match(page, /^Async: +Always, 10 at the same time, 5 attempts of 900 s at most$/m);
  assert.match(page, /^ {2}Async False \(Buried\) for 2m: 3 invocations are buried; the last: 404$/m);
  assert.match(
    page,
    /^ {2}call it.*\n {2}see what was given up: catnap invocations list greet --state buried -n team$/m,
  );
  assert.doesNotMatch(described([condition('NothingBuried', 'x')], { image: 'x', async }), /given up/);
  assert.doesNotMatch(described([], { image: 'x' }), /^Async/m);
  assert.doesNotMatch(described([condition('NothingBuried', 'x')], { image: 'x' }), /^Async:/m);
  assert.match(described([buried], { image: 'x' }), /^Async: +no request is stored, but invocations are buried$/m);
});

test('advice is about the spec as it is now, and about a function that goes', () => {
  const stale = aFunction({ observedGeneration: 1, conditions: [ready('True', 'Ready')] });
  assert.match(String(adviceFor(stale, PLACE)), /^see whether the operator runs.*kubectl -n catnap-system/);
  const going = aFunction({ observedGeneration: 2, conditions: [ready('True', 'Ready')] });
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.deepEqual(adviceFor(going, PLACE), ['nothing: it is being removed']);
  const newer = aFunction({ observedGeneration: 2, conditions: [ready('False', 'NotKnownHere')] });
  assert.deepEqual(adviceFor(newer, PLACE), ['see docs/status.md for what NotKnownHere means']);
});

test('events of one second stay in the order in which they come, before one a moment later', () => {
  const at = (reason: string, lastTimestamp: string) => ({ metadata: {}, reason, lastTimestamp });
  const events = [
    at('c', '2026-01-01T00:00:02.500Z'),
    at('a', '2026-01-01T00:00:02Z'),
    at('b', '2026-01-01T00:00:02Z'),
  ];
  assert.deepEqual(
    eventsOf(events as never, 9).map(({ reason }) => reason),
    ['a', 'b', 'c'],
  );
});

test('events come oldest first, only the last of them, whichever way their time is told', () => {
  const events = [
    { metadata: {}, reason: 'b', lastTimestamp: '2026-01-01T00:00:02Z', count: 4 },
    { metadata: {}, reason: 'c', eventTime: '2026-01-01T00:00:03.123456Z' },
    { metadata: {}, reason: 'a', series: { count: 7, lastObservedTime: '2026-01-01T00:00:01.000000Z' } },
  ];
  assert.deepEqual(
    eventsOf(events as never, 2).map(({ reason, count }) => [reason, count]),
    [
      ['b', 4],
      ['c', 1],
    ],
  );
});
