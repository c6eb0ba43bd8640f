/** Paths that are not of a resource: health, version, discovery, OpenAPI, the issuer of tokens, reviews. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from './auth/authenticator.ts';
import type { User } from './auth/users.ts';
import { answerReview } from './authorization/answer-review.ts';
import type { Cluster } from './cluster.ts';
import { aggregatedDiscovery } from './discovery/aggregated.ts';
import { CORE_VERSIONS, groupDocument, groupList, resourceList } from './discovery/discovery.ts';
import { CONFIGURATION_PATH, KEY_SET_PATH } from './discovery/issuer-paths.ts';
import type { OpenApi } from './discovery/openapi.ts';
import { OPENAPI_V2_PROTOBUF } from './discovery/openapi-protobuf.ts';
import { findReview } from './discovery/reviews.ts';
import { issuerAnswer } from './discovery/token-issuer.ts';
import { versionOf } from './discovery/version.ts';
import type { Accepted } from './http/accept.ts';
import { acceptedOf } from './http/accept.ts';
import type { Answer } from './http/answer.ts';
import { answerOf } from './http/answer.ts';
import type { ResourceRequest } from './http/request-info.ts';
import type { Resource } from './resources/resource.ts';
import { methodNotAllowed, noSuchPath } from './status.ts';

interface SystemRequest {
  request: IncomingMessage;
  url: URL;
  /** `undefined`: the path is none of a resource. */
  resource: ResourceRequest | undefined;
  body: string;
  user: User;
}

/** What these answers are made of. */
export interface System {
  /** The cluster's name. */
  name: string;
  cluster: Cluster;
  openApi: OpenApi;
  authenticator: Authenticator;
}

const STATE = /^\/(healthz|livez|readyz)(\/|$)|^\/version\/?$/;
const DISCOVERY: ReadonlySet<Accepted['form']> = new Set(['discovery']);
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** True: a resource's path, but answered here. */
export function isReviewRequest(request: ResourceRequest): boolean {
  return findReview(request) !== undefined;
}

/** `undefined`: the answer is sent. Throws a 404 for a path that is none. */
export async function answerSystem(
  system: System,
  asked: SystemRequest,
  response: ServerResponse,
): Promise<Answer | undefined> {
  const { request, url, body, user } = asked;
  const path = url.pathname;
  if (STATE.test(path)) return stateAnswer(system.name, path, response);
  const issuer = issuerAnswer(system.cluster.serviceAccounts, path, request);
  if (issuer !== undefined) return issuer;
  if (path.startsWith('/openapi/')) return await documentAnswer(system.openApi, asked, response);
  const review = asked.resource === undefined ? undefined : findReview(asked.resource);
  if (review !== undefined) {
    if (request.method !== 'POST') throw methodNotAllowed();
    const { authorizer, now } = system.cluster;
    const namespace = asked.resource?.namespace ?? '';
    return answerOf(201, answerReview({ ...system, authorizer, now }, { review, namespace, body, user }));
  }
  if (/^\/apis?(\/|$)/.test(path)) {
    return discoveryAnswer(system.cluster.registry.all(), path, acceptedOf(request.headers.accept, DISCOVERY));
  }
  if (path === '/') return answerOf(200, { paths: ROOT_PATHS });
  throw noSuchPath();
}

const ROOT_PATHS = [
  CONFIGURATION_PATH,
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  KEY_SET_PATH,
  '/readyz',
  '/version',
];

function discoveryAnswer(resources: readonly Resource[], path: string, accepted: Accepted): Answer {
  const [root, group = '', version] = path.split('/').filter((part) => part !== '');
  const core = root === 'api';
  if (accepted.form === 'discovery' && group === '') {
    const answer = answerOf(200, aggregatedDiscovery(resources, core));
    return { ...answer, headers: { 'content-type': AGGREGATED, vary: 'Accept' } };
  }
  if (core) return found(group === '' ? CORE_VERSIONS : resourceList(resources, '', group));
  if (group === '') return answerOf(200, groupList(resources));
  if (version === undefined) return found(groupDocument(resources, group));
  return found(resourceList(resources, group, version));
}

async function documentAnswer(
  openApi: OpenApi,
  { request, url }: SystemRequest,
  response: ServerResponse,
): Promise<Answer | undefined> {
  const path = url.pathname.replace(/\/$/, '');
  if (path === '/openapi/v3') return answerOf(200, openApi.index());
  const made = path === '/openapi/v2' ? await openApi.v2() : await openApi.document(path.slice('/openapi/v3/'.length));
  if (made === undefined) throw noSuchPath();
  response.setHeader('etag', `"${made.hash}"`);
  const wantsProtobuf = request.headers.accept?.includes('proto-openapi') === true;
  if (made.protobuf === undefined || !wantsProtobuf) return { code: 200, json: made.json };
  response.writeHead(200, { 'content-type': OPENAPI_V2_PROTOBUF }).end(made.protobuf);
  return undefined;
}

function stateAnswer(cluster: string, path: string, response: ServerResponse): Answer | undefined {
  if (path.startsWith('/version')) return answerOf(200, versionOf(cluster));
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
  return undefined;
}

function found(value: object | undefined): Answer {
  if (value === undefined) throw noSuchPath();
  return answerOf(200, value);
}
