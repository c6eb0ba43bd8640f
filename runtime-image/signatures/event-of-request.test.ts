import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloudEvent } from './cloud-event.ts';
import { cloudEventOf } from './event-of-request.ts';
import { Refused } from './refusal.ts';

const ATTRIBUTES = { id: '1', source: '/here', specversion: '1.0', type: 'org.example.made' };
const binary = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]));
const JSON_TYPE = { 'content-type': 'application/json' };
const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

const eventOf = (headers: Record<string, string>, body: string | object = '', path = '/'): CloudEvent =>
  cloudEventOf(headers, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), path);

test('binary mode: attributes and extensions in headers, data by its type', () => {
  const headers = { ...binary, 'ce-subject': 'Euro%20%E2%82%AC', 'ce-myext': 'x', ...JSON_TYPE };
  assert.deepEqual(eventOf(headers, { a: 1 }), {
    ...ATTRIBUTES,
    subject: 'Euro €',
    myext: 'x',
    datacontenttype: 'application/json',
    data: { a: 1 },
  });
  assert.equal(eventOf({ ...binary, 'content-type': 'text/plain' }, 'text').data, 'text');
  assert.deepEqual(eventOf({ ...binary, 'content-type': 'image/png' }, 'bytes').data, Buffer.from('bytes'));
  assert.deepEqual(eventOf({ ...binary, 'content-type': 'application/vnd.x+json' }, '[1]').data, [1]);
  assert.deepEqual(eventOf(binary), ATTRIBUTES);
});

test('structured mode: the body is the event', () => {
  assert.deepEqual(eventOf(STRUCTURED, { ...ATTRIBUTES, data: { a: 1 } }), { ...ATTRIBUTES, data: { a: 1 } });
  const bytes = eventOf(STRUCTURED, { ...ATTRIBUTES, data_base64: 'AQI=' });
  assert.deepEqual(bytes, { ...ATTRIBUTES, data: Buffer.from([1, 2]) });
});

test('the trace context of the request is an extension, unless the event has its own', () => {
  assert.equal(eventOf({ ...binary, traceparent: '00-a-b-01' }).traceparent, '00-a-b-01');
  assert.equal(
    eventOf({ ...binary, traceparent: '00-a-b-01', 'ce-traceparent': '00-c-d-01' }).traceparent,
    '00-c-d-01',
  );
});

const REFUSED: [what: string, status: number, headers: Record<string, string>, body: string | object, says: RegExp][] =
  [
    ['no event', 400, JSON_TYPE, { a: 1 }, /lacks id, source, specversion, type/],
    ['half an event', 400, { 'ce-id': '1', 'ce-type': 'a' }, '', /lacks source, specversion/],
    ['no JSON', 400, STRUCTURED, '{', /no JSON/],
    ['a list', 400, STRUCTURED, [], /must be a JSON object/],
    ['an old version', 400, STRUCTURED, { ...ATTRIBUTES, specversion: '0.3' }, /CloudEvents 0\.3/],
    ['a batch', 415, { 'content-type': 'application/cloudevents-batch+json' }, [], /batches are not taken/],
    ['another format', 415, { 'content-type': 'application/cloudevents+avro' }, '', /avro are not taken/],
  ];
for (const [what, status, headers, body, says] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => eventOf(headers, body),
      (error: unknown) => error instanceof Refused && error.status === status && says.test(error.message),
    );
  });
}

/** Events in the form before CloudEvents, as the Functions Framework's conformance tests have them, and what they become. */
const DATABASE = 'providers/google.firebase.database/eventTypes';
const REF = 'projects/_/instances/my-project/refs/gcf-test/xyz';
const TOPIC = 'projects/sample-project/topics/gcf-test';
const [AUTH_TYPE, DOCUMENT_TYPE] = ['google.firebase.auth.user.v1', 'google.cloud.firestore.document.v1'];
const LEGACY: {
  type: string;
  resource: unknown;
  domain?: string;
  becomes: [type: string, source: string, subject?: string];
}[] = [
  {
    type: 'providers/firebase.auth/eventTypes/user.create',
    resource: 'projects/my-project',
    becomes: [`${AUTH_TYPE}.created`, '//firebaseauth.googleapis.com/projects/my-project', 'users/u1'],
  },
  {
    type: `${DATABASE}/ref.write`,
    resource: REF,
    domain: 'firebaseio.com',
    becomes: [
      'google.firebase.database.ref.v1.written',
      '//firebasedatabase.googleapis.com/projects/_/locations/us-central1/instances/my-project',
      'refs/gcf-test/xyz',
    ],
  },
  {
    type: `${DATABASE}/ref.delete`,
    resource: REF,
    domain: 'europe-west1.firebasedatabase.app',
    becomes: [
      'google.firebase.database.ref.v1.deleted',
      '//firebasedatabase.googleapis.com/projects/_/locations/europe-west1/instances/my-project',
      'refs/gcf-test/xyz',
    ],
  },
  {
    type: 'providers/cloud.firestore/eventTypes/document.write',
    resource: 'projects/project-id/databases/(default)/documents/gcf-test/2Vm2',
    becomes: [
      `${DOCUMENT_TYPE}.written`,
      '//firestore.googleapis.com/projects/project-id/databases/(default)',
      'documents/gcf-test/2Vm2',
    ],
  },
  {
    type: 'providers/cloud.pubsub/eventTypes/topic.publish',
    resource: TOPIC,
    becomes: ['google.cloud.pubsub.topic.v1.messagePublished', `//pubsub.googleapis.com/${TOPIC}`],
  },
  {
    type: 'google.pubsub.topic.publish',
    resource: { service: 'pubsub.googleapis.com', name: TOPIC, type: 'a' },
    becomes: ['google.cloud.pubsub.topic.v1.messagePublished', `//pubsub.googleapis.com/${TOPIC}`],
  },
  {
    type: 'google.storage.object.finalize',
    resource: { service: 'storage.googleapis.com', name: 'projects/_/buckets/b/objects/folder/Test.cs' },
    becomes: [
      'google.cloud.storage.object.v1.finalized',
      '//storage.googleapis.com/projects/_/buckets/b',
      'objects/folder/Test.cs',
    ],
  },
  {
    type: 'providers/google.firebase.analytics/eventTypes/event.log',
    resource: 'projects/my-project/events/session_start',
    becomes: [
      'google.firebase.analytics.log.v1.written',
      '//firebase.googleapis.com/projects/my-project',
      'events/session_start',
    ],
  },
];
const WHEN = { eventId: 'e1', timestamp: '2020-09-29T11:32:00.123Z' };
for (const { type, resource, domain, becomes } of LEGACY) {
  test(`converts ${type} of before CloudEvents`, () => {
    const context = { ...WHEN, eventType: type, resource };
    const data = { uid: 'u1' };
    for (const body of [
      { ...context, domain, data },
      { context, domain, data },
    ]) {
      const { data: _, subject, ...event } = eventOf(JSON_TYPE, body);
      assert.deepEqual(event, {
        specversion: '1.0',
        id: 'e1',
        time: WHEN.timestamp,
        datacontenttype: 'application/json',
        type: becomes[0],
        source: becomes[1],
      });
      assert.equal(subject, becomes[2]);
    }
  });
}

test('converts the data of Pub/Sub and of Auth', () => {
  const published = { ...WHEN, eventType: 'google.pubsub.topic.publish', resource: TOPIC, data: { data: 'aGk=' } };
  const message = { data: 'aGk=', publishTime: WHEN.timestamp, messageId: 'e1' };
  assert.deepEqual(eventOf(JSON_TYPE, published).data, { message });
  const created = {
    ...WHEN,
    eventType: 'providers/firebase.auth/eventTypes/user.create',
    resource: 'projects/p',
    data: { uid: 'u1', metadata: { createdAt: 'a', lastSignedInAt: 'b' } },
  };
  assert.deepEqual(eventOf(JSON_TYPE, created).data, {
    uid: 'u1',
    metadata: { createTime: 'a', lastSignInTime: 'b' },
  });
});

test('takes what a Pub/Sub subscription pushes, its topic from the path', () => {
  const body = {
    subscription: 'projects/p/subscriptions/s',
    message: { data: 'aGk=', messageId: 'm1', publishTime: WHEN.timestamp, attributes: { a: 'b' } },
  };
  const event = eventOf(JSON_TYPE, body, `/${TOPIC}?token=x`);
  assert.equal(event.source, `//pubsub.googleapis.com/${TOPIC}`);
  assert.equal(event.id, 'm1');
  assert.deepEqual((event.data as { message: { attributes: object } }).message.attributes, { a: 'b' });
});

test('an old event whose resource or domain makes no sense is refused', () => {
  const context = { ...WHEN, data: {}, eventType: 'google.storage.object.finalize', resource: 'elsewhere' };
  assert.throws(() => eventOf(JSON_TYPE, context), /resource "elsewhere" is not understood/);
  const reference = { ...WHEN, data: {}, eventType: `${DATABASE}/ref.write`, resource: REF, domain: 'example.com' };
  assert.throws(() => eventOf(JSON_TYPE, reference), /domain "example.com" is not understood/);
});
