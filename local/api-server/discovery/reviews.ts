/** Questions to the server: posted, answered, not kept. */
import { decodeBody } from '../../objects/schema/decode.ts';
import type { User } from '../auth/users.ts';
import { fieldsOf, isFields } from '../resources/fields.ts';
import { timeOf } from '../write/metadata.ts';

interface Review {
  group: string;
  version: string;
  plural: string;
  kind: string;
}

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1' };
const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1' };

export const REVIEWS: readonly Review[] = [
  { ...AUTHENTICATION, plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  { ...AUTHORIZATION, plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
  { ...AUTHORIZATION, plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
];

export function findReview(group: string, version: string, plural: string): Review | undefined {
  return REVIEWS.find((review) => review.group === group && review.version === version && review.plural === plural);
}

/** The answered review. Whoever is known here may do everything. */
export function answerReview(review: Review, body: string, user: User, nowMs: number): object {
  const { value } = decodeBody(body, 'application/json');
  const spec = fieldsOf(isFields(value) ? value : {}, 'spec');
  const head = { kind: review.kind, apiVersion: `${review.group}/${review.version}` };
  const metadata = { creationTimestamp: timeOf(nowMs) };
  switch (review.kind) {
    case 'SelfSubjectReview': {
      const { name, uid, groups } = user;
      return { ...head, metadata, status: { userInfo: { username: name, uid, groups } } };
    }
    case 'SelfSubjectAccessReview':
      return { ...head, metadata, spec, status: { allowed: true } };
    default:
      return { ...head, metadata, spec, status: ALL_RULES };
  }
}

const ALL_RULES = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};
