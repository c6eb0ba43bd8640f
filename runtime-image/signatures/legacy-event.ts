import type { CloudEvent } from './cloud-event.ts';
import { Refused } from './refusal.ts';

/**
 * Events as Cloud Functions sent them before CloudEvents, and what became of each: functions for CloudEvents are given
 * the new form, as the Functions Framework does.
 */
type Fields = Readonly<Record<string, unknown>>;

interface Service {
  name: string;
  /** How old event types begin. */
  prefixes: readonly string[];
  /** Splits the old resource into the new one and its subject. */
  split?: RegExp;
}

const SERVICES: readonly Service[] = [
  { name: 'pubsub.googleapis.com', prefixes: ['google.pubsub.', 'providers/cloud.pubsub/'] },
  {
    name: 'storage.googleapis.com',
    prefixes: ['google.storage.', 'providers/cloud.storage/'],
    split: /^(projects\/[^/]+\/buckets\/[^/]+)\/(objects\/.+)$/,
  },
  {
    name: 'firestore.googleapis.com',
    prefixes: ['providers/cloud.firestore/'],
    split: /^(projects\/[^/]+\/databases\/\(default\))\/(documents\/.+)$/,
  },
  { name: 'firebaseauth.googleapis.com', prefixes: ['providers/firebase.auth/'] },
  {
    name: 'firebasedatabase.googleapis.com',
    prefixes: ['providers/google.firebase.database/'],
    split: /^projects\/[^/]+\/(instances\/[^/]+)\/(refs\/.+)$/,
  },
  {
    name: 'firebase.googleapis.com',
    prefixes: ['providers/google.firebase.analytics/'],
    split: /^(projects\/[^/]+)\/(events\/[^/]+)$/,
  },
];

const FIRESTORE = 'providers/cloud.firestore/eventTypes/document';
const DATABASE = 'providers/google.firebase.database/eventTypes/ref';
const NEW_TYPES: Readonly<Record<string, string>> = {
  'google.pubsub.topic.publish': 'google.cloud.pubsub.topic.v1.messagePublished',
  'providers/cloud.pubsub/eventTypes/topic.publish': 'google.cloud.pubsub.topic.v1.messagePublished',
  'google.storage.object.finalize': 'google.cloud.storage.object.v1.finalized',
  'google.storage.object.delete': 'google.cloud.storage.object.v1.deleted',
  'google.storage.object.archive': 'google.cloud.storage.object.v1.archived',
  'google.storage.object.metadataUpdate': 'google.cloud.storage.object.v1.metadataUpdated',
  'providers/cloud.storage/eventTypes/object.change': 'google.cloud.storage.object.v1.finalized',
  [`${FIRESTORE}.write`]: 'google.cloud.firestore.document.v1.written',
  [`${FIRESTORE}.create`]: 'google.cloud.firestore.document.v1.created',
  [`${FIRESTORE}.update`]: 'google.cloud.firestore.document.v1.updated',
  [`${FIRESTORE}.delete`]: 'google.cloud.firestore.document.v1.deleted',
  'providers/firebase.auth/eventTypes/user.create': 'google.firebase.auth.user.v1.created',
  'providers/firebase.auth/eventTypes/user.delete': 'google.firebase.auth.user.v1.deleted',
  'providers/google.firebase.analytics/eventTypes/event.log': 'google.firebase.analytics.log.v1.written',
  [`${DATABASE}.create`]: 'google.firebase.database.ref.v1.created',
  [`${DATABASE}.write`]: 'google.firebase.database.ref.v1.written',
  [`${DATABASE}.update`]: 'google.firebase.database.ref.v1.updated',
  [`${DATABASE}.delete`]: 'google.firebase.database.ref.v1.deleted',
};

/**
 * The CloudEvent that `body` became; undefined where it is none of the old events.
 * @param path of the request: a Pub/Sub subscription's push may name its topic there.
 * @throws Refused where its resource cannot be understood.
 */
export function convertedLegacyEvent(body: Fields, path: string): CloudEvent | undefined {
  const legacy = pushedMessage(body, path) ?? body;
  const context = isFields(legacy.context) ? legacy.context : legacy;
  const { eventId, eventType, timestamp, resource } = context;
  if (typeof eventType !== 'string' || resource === undefined || !('data' in legacy)) return undefined;
  const type = Object.hasOwn(NEW_TYPES, eventType) ? NEW_TYPES[eventType] : undefined;
  const service = serviceOf(eventType, resource);
  if (type === undefined || service === undefined) return undefined;
  const data = isFields(legacy.data) ? legacy.data : {};
  const { source, subject } = split(service, resourceName(resource));
  const converted = convertedData(service.name, data, { eventId, timestamp });
  const about = service.name === 'firebaseauth.googleapis.com' && data.uid ? `users/${data.uid}` : subject;
  return {
    specversion: '1.0',
    id: eventId,
    source: `//${service.name}/${located(service.name, source, legacy.domain)}`,
    type,
    datacontenttype: 'application/json',
    time: timestamp,
    ...(about !== undefined && { subject: about }),
    data: converted,
  };
}

/** What a Pub/Sub subscription pushes, in the form of an old event; undefined: it is none. */
function pushedMessage({ context, subscription, message }: Fields, path: string): Fields | undefined {
  if (context !== undefined || !subscription || !isFields(message) || !message.data || !message.messageId) {
    return undefined;
  }
  const messageType = 'type.googleapis.com/google.pubsub.v1.PubsubMessage';
  const name = /projects\/[^/?]+\/topics\/[^/?]+/.exec(path)?.[0] ?? '';
  return {
    context: {
      eventId: message.messageId,
      timestamp: message.publishTime ?? new Date().toISOString(),
      eventType: 'google.pubsub.topic.publish',
      resource: { service: 'pubsub.googleapis.com', type: messageType, name },
    },
    data: { '@type': messageType, data: message.data, attributes: message.attributes ?? {} },
  };
}

function serviceOf(eventType: string, resource: unknown): Service | undefined {
  const named = isFields(resource) ? SERVICES.find(({ name }) => name === resource.service) : undefined;
  return named ?? SERVICES.find(({ prefixes }) => prefixes.some((prefix) => eventType.startsWith(prefix)));
}

function resourceName(resource: unknown): string {
  return String(isFields(resource) ? (resource.name ?? '') : resource);
}

function split({ split: pattern }: Service, resource: string): { source: string; subject: string | undefined } {
  if (pattern === undefined) return { source: resource, subject: undefined };
  const [, source, subject] = pattern.exec(resource) ?? [];
  if (source === undefined) throw new Refused(400, 'BadEvent', `the event's resource "${resource}" is not understood`);
  return { source, subject };
}

/** A database's place is in its domain only. */
function located(service: string, source: string, domain: unknown): string {
  if (service !== 'firebasedatabase.googleapis.com') return source;
  const place =
    domain === 'firebaseio.com' ? 'us-central1' : /^([\w-]+)\.firebasedatabase\.app$/.exec(String(domain))?.[1];
  if (place === undefined) throw new Refused(400, 'BadEvent', `the event's domain "${domain}" is not understood`);
  return `projects/_/locations/${place}/${source}`;
}

function convertedData(service: string, data: Fields, context: Fields): Fields {
  if (service === 'pubsub.googleapis.com') {
    const { publishTime = context.timestamp, messageId = context.eventId } = data;
    return { message: { ...data, publishTime, messageId } };
  }
  if (service !== 'firebaseauth.googleapis.com' || !isFields(data.metadata)) return data;
  const { createdAt, lastSignedInAt, ...rest } = data.metadata;
  const metadata = {
    ...rest,
    ...(createdAt !== undefined && { createTime: createdAt }),
    ...(lastSignedInAt !== undefined && { lastSignInTime: lastSignedInAt }),
  };
  return { ...data, metadata };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
