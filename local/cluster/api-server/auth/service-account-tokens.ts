/** Tokens of service accounts: what they say, and for how long they are good. */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { fieldsOf, textOf } from '../resources/fields.ts';
import type { Store } from '../store/store.ts';
import { TokenSigner } from './json-web-token.ts';
import type { User } from './users.ts';

/** Who signs, and for whom a token is when nobody says: the API server. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** Seconds that clocks may differ, and for which a token outlives what it is bound to. */
const LEEWAY_SECONDS = 60;

interface Reference {
  name: string;
  uid: string;
}

interface Claims {
  aud: readonly string[];
  /** Seconds since 1970, like `iat` and `nbf`. */
  exp: number;
  iat: number;
  iss: string;
  jti: string;
  'kubernetes.io': {
    namespace: string;
    node?: Partial<Reference>;
    pod?: Reference;
    secret?: Reference;
    serviceaccount: Reference;
  };
  nbf: number;
  sub: string;
}

interface TokenWish {
  account: KubeObject;
  /** The object whose end is the end of the token. */
  bound?: { kind: 'Pod' | 'Secret'; object: KubeObject };
  audiences: readonly string[];
  expirationSeconds: number;
}

/** The tokens of one cluster. */
export class ServiceAccountTokens {
  readonly #signer: TokenSigner;
  readonly #store: Store;
  readonly #now: () => number;

  /**
   * @param key the signer's private key, PEM
   * @param now milliseconds since 1970
   */
  constructor(key: string, store: Store, now: () => number) {
    this.#signer = new TokenSigner(key);
    this.#store = store;
    this.#now = now;
  }

  /** The JSON Web Key Set with which anyone can check these tokens. */
  get keySet(): object {
    return { keys: [this.#signer.publicJwk] };
  }

  issue(wish: TokenWish): { token: string; expiresAtMs: number } {
    const claims = claimsOf(wish, this.#now(), (name) => this.#get('nodes', '', name));
    return { token: this.#signer.sign(claims), expiresAtMs: claims.exp * 1000 };
  }

  /**
   * The account of a token; `undefined` when the token is another's, is over, or its account or pod is gone.
   * @param audiences one of which the token must be for; empty: the API server
   */
  userOf(token: string, audiences: readonly string[]): User | undefined {
    const claims = this.#signer.read(token) as Claims | undefined;
    if (claims === undefined || claims.iss !== ISSUER) return undefined;
    const wanted = audiences.length === 0 ? [ISSUER] : audiences;
    const nowSeconds = this.#now() / 1000;
    const inTime = nowSeconds <= claims.exp + LEEWAY_SECONDS && nowSeconds >= claims.nbf - LEEWAY_SECONDS;
    if (!inTime || !claims.aud.some((audience) => wanted.includes(audience))) return undefined;
    return this.#isBackedBy(claims) ? userOfClaims(claims) : undefined;
  }

  #isBackedBy({ 'kubernetes.io': { namespace, pod, secret, serviceaccount } }: Claims): boolean {
    const references = [
      ['serviceaccounts', serviceaccount],
      ['pods', pod],
      ['secrets', secret],
    ] as const;
    return references.every(([bucket, reference]) => {
      if (reference === undefined) return true;
      const { uid, deletionTimestamp } = this.#get(bucket, namespace, reference.name)?.metadata ?? {};
      const endedMs = typeof deletionTimestamp === 'string' ? Date.parse(deletionTimestamp) : Number.POSITIVE_INFINITY;
      return uid === reference.uid && endedMs >= this.#now() - LEEWAY_SECONDS * 1000;
    });
  }

  #get(bucket: string, namespace: string, name: string): KubeObject | undefined {
    return this.#store.get({ bucket, namespace, name })?.object;
  }
}

function claimsOf(wish: TokenWish, nowMs: number, nodeNamed: (name: string) => KubeObject | undefined): Claims {
  const { account, bound, audiences, expirationSeconds } = wish;
  const { namespace = '', name = '' } = account.metadata;
  const iat = Math.floor(nowMs / 1000);
  const node = bound?.kind === 'Pod' ? textOf(fieldsOf(bound.object, 'spec'), 'nodeName') : '';
  return {
    aud: audiences.length === 0 ? [ISSUER] : audiences,
    exp: iat + expirationSeconds,
    iat,
    iss: ISSUER,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(node === '' ? {} : { node: { name: node, uid: nodeNamed(node)?.metadata.uid as string } }),
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: referenceTo(bound.object) }),
      serviceaccount: referenceTo(account),
    },
    nbf: iat,
    sub: accountUserName(namespace, name),
  };
}

function referenceTo({ metadata }: KubeObject): Reference {
  return { name: metadata.name ?? '', uid: String(metadata.uid) };
}

export function accountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups that a service account of `namespace` is in. */
export function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const EXTRA = 'authentication.kubernetes.io';

function userOfClaims({ jti, 'kubernetes.io': { namespace, node, pod, serviceaccount } }: Claims): User {
  const extra: Record<string, string[]> = { [`${EXTRA}/credential-id`]: [`JTI=${jti}`] };
  if (pod !== undefined) {
    extra[`${EXTRA}/pod-name`] = [pod.name];
    extra[`${EXTRA}/pod-uid`] = [pod.uid];
  }
  if (node?.name !== undefined) extra[`${EXTRA}/node-name`] = [node.name];
  if (node?.uid !== undefined) extra[`${EXTRA}/node-uid`] = [node.uid];
  const { name, uid } = serviceaccount;
  return { name: accountUserName(namespace, name), uid, groups: accountGroups(namespace), extra };
}
