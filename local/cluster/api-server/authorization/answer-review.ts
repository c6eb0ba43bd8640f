/** Answers to reviews: who a token is, and who may do what. */
import { decodeBody } from '../../objects/schema/decode.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { User } from '../auth/users.ts';
import type { Review } from '../discovery/reviews.ts';
import { type Fields, fieldsOf, isFields, textOf } from '../resources/fields.ts';
import { forbiddenField, invalidField, requiredField } from '../resources/validation.ts';
import { badRequest, invalid } from '../status.ts';
import { timeOf } from '../write/metadata.ts';
import type { Attributes } from './attributes.ts';
import type { Authorizer } from './authorizer.ts';

interface Reviewer {
  authenticator: Authenticator;
  authorizer: Authorizer;
  /** Milliseconds since 1970. */
  now(): number;
}

interface Question {
  review: Review;
  /** As the path has it. */
  namespace: string;
  body: string;
  /** Who asks. */
  user: User;
}

/** The answered review. Throws a 400 or 422 for a question that is none. */
export function answerReview(reviewer: Reviewer, { review, namespace, body, user }: Question): object {
  const { value } = decodeBody(body, 'application/json');
  const given = isFields(value) ? value : {};
  const metadata = { ...fieldsOf(given, 'metadata'), creationTimestamp: timeOf(reviewer.now()) };
  const spec = fieldsOf(given, 'spec');
  const head = { kind: review.kind, apiVersion: `${review.group}/${review.version}`, metadata };
  const { authorizer } = reviewer;
  switch (review.kind) {
    case 'SelfSubjectReview':
      return { ...head, status: { userInfo: userInfo(user) } };
    case 'TokenReview':
      return { ...head, spec, status: tokenStatus(reviewer.authenticator, spec) };
    case 'SelfSubjectAccessReview':
      checkAsked(review, spec);
      return { ...head, spec, status: accessStatus(authorizer, user, spec) };
    case 'SelfSubjectRulesReview':
      return { ...head, spec, status: rulesStatus(authorizer, user, textOf(spec, 'namespace')) };
    default:
      checkAsked(review, spec);
      checkSubject(review, spec, namespace);
      return { ...head, spec, status: accessStatus(authorizer, subjectOf(spec), spec) };
  }
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function tokenStatus(authenticator: Authenticator, spec: Fields): object {
  const audiences = strings(spec.audiences);
  const user = authenticator.userOf(textOf(spec, 'token'), audiences);
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: userInfo(user), ...(audiences.length === 0 ? {} : { audiences }) };
}

function accessStatus(authorizer: Authorizer, user: User, spec: Fields): object {
  const { allowed, reason } = authorizer.authorize(user, askedOf(spec));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function askedOf(spec: Fields): Attributes {
  const path = fieldsOf(spec, 'nonResourceAttributes');
  if (isFields(spec.nonResourceAttributes)) return { verb: textOf(path, 'verb'), path: textOf(path, 'path') };
  const asked = fieldsOf(spec, 'resourceAttributes');
  const [verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = ''] = [
    ...['verb', 'group', 'version', 'resource', 'subresource', 'namespace', 'name'].map((field) =>
      textOf(asked, field),
    ),
  ];
  return { verb, group, version, resource, subresource, namespace, name };
}

function rulesStatus(authorizer: Authorizer, user: User, namespace: string): object {
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, problems } = authorizer.rulesFor(user, namespace);
  const resourceRules = rules.flatMap(({ verbs = [], apiGroups, resources, resourceNames }) =>
    resources === undefined ? [] : [{ verbs, apiGroups, resources, ...(resourceNames ? { resourceNames } : {}) }],
  );
  const nonResourceRules = rules.flatMap(({ verbs = [], nonResourceURLs }) =>
    nonResourceURLs === undefined ? [] : [{ verbs, nonResourceURLs }],
  );
  const evaluationError = problems.length === 0 ? {} : { evaluationError: problems.join(', ') };
  return { resourceRules, nonResourceRules, incomplete: false, ...evaluationError };
}

function subjectOf(spec: Fields): User {
  const extra = Object.entries(fieldsOf(spec, 'extra')).map(([key, values]): [string, string[]] => [
    key,
    strings(values),
  ]);
  return {
    name: textOf(spec, 'user'),
    uid: textOf(spec, 'uid'),
    groups: strings(spec.groups),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

function checkAsked(review: Review, spec: Fields): void {
  const ofResource = isFields(spec.resourceAttributes);
  const ofPath = isFields(spec.nonResourceAttributes);
  const one = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  if (!ofResource && !ofPath) throw refused(review, requiredField('spec.resourceAttributes', one));
  if (!ofResource || !ofPath) return;
  const detail = 'cannot be specified in combination with resourceAttributes';
  throw refused(review, invalidField('spec.nonResourceAttributes', spec.nonResourceAttributes, detail));
}

function checkSubject(review: Review, spec: Fields, namespace: string): void {
  if (textOf(spec, 'user') === '' && strings(spec.groups).length === 0) {
    throw refused(review, requiredField('spec.user', 'at least one of user or group must be specified'));
  }
  if (!review.namespaced) return;
  if (isFields(spec.nonResourceAttributes)) {
    const detail = 'disallowed on this kind of request';
    throw refused(review, forbiddenField('spec.nonResourceAttributes', detail));
  }
  const asked = textOf(fieldsOf(spec, 'resourceAttributes'), 'namespace');
  if (asked !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  }
}

function refused({ group, plural, kind }: Review, error: ReturnType<typeof requiredField>): Error {
  return invalid({ group, resource: plural, kind, name: '' }, [error]);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
