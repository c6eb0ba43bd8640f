/** Questions to the server: posted, answered, not kept. Which there are; `authorization/` answers them. */

export interface Review {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1', namespaced: false };
const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1', namespaced: false };

export const REVIEWS: readonly Review[] = [
  { ...AUTHENTICATION, plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  { ...AUTHENTICATION, plural: 'tokenreviews', kind: 'TokenReview' },
  { ...AUTHORIZATION, plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { ...AUTHORIZATION, plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
  { ...AUTHORIZATION, plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
  { ...AUTHORIZATION, plural: 'subjectaccessreviews', kind: 'SubjectAccessReview' },
];

export function findReview({
  group,
  version,
  plural,
}: Pick<Review, 'group' | 'version' | 'plural'>): Review | undefined {
  return REVIEWS.find((review) => review.group === group && review.version === version && review.plural === plural);
}
