/** The operator's decisions on routes and what the gateway makes of them: one answer to whose a request is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { HostPolicy } from '#api/rules/host-owner.ts';
import { DEFAULT_HOST_TEMPLATE, HostTemplate } from '#api/rules/host-template.ts';
import { acceptedRoutes } from '#api/rules/route.ts';
import { seeded } from '#platform/testing/seeded.ts';
import { RouteTable } from '../activator/routing/route-table.ts';
import { RouteClaims } from '../operator/routing/route-claims.ts';
import { aFunction } from '../operator/testing/builders.ts';

const NAMESPACES = ['a', 'b', 'a-b', 'b-a'];
const NAMES = ['f', 'a', 'b', 'f-a', 'a-b'];
const HOSTS = ['x.org', 'f.a', 'a.b', 'f.a.fn.example', 'new.b.fn.example', 'f-a.fn.example', 'f.a.svc', '10.0.0.1'];
const PREFIXES = [undefined, '/', '/x', '/x/', '/x/y', '/fn', '/%66n', '/x//y'];
const STEPS = 60;

/** The cluster as operator and gateway share it: Functions with their statuses. */
class Cluster {
  readonly functions = new Map<string, FunctionObject>();
  readonly template: HostTemplate;
  claims: RouteClaims;
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  readonly #policy: HostPolicy;

  constructor(template: string) {
    this.template = new HostTemplate(template, 'fn.example');
    const owners = [{ host: 'shared.org', namespaces: ['a', 'b'] }];
    const rules = { clusterDomain: 'cluster.local', gateway: 'catnap-gateway.catnap-system', owners, strict: false };
    this.#policy = new HostPolicy({ template: this.template, ...rules });
    this.claims = this.#newClaims();
  }

  /** The operator of now ends, another begins with what is written. */
  restart(): void {
    this.claims = this.#newClaims();
    for (const fn of this.functions.values()) this.claims.restore(fn);
  }

  decide(key: string): void {
    const fn = this.functions.get(key);
    if (fn === undefined) return;
    this.nowMs += 1000;
    const { routes, affected } = this.claims.decide(fn, this.nowMs);
    this.functions.set(key, { ...fn, status: { observedGeneration: 1, conditions: [], routes } });
    for (const other of affected) this.decide(other);
  }

  /** All that waits is looked at, as the operator's queue does. */
  settle(): void {
    for (const key of [...this.functions.keys()].sort()) this.decide(key);
  }

  gateway(): RouteTable<string> {
    const entries = [...this.functions].map(([key, { metadata, status }]) => {
      return { namespace: metadata.namespace, name: metadata.name, routes: acceptedRoutes(status), target: key };
    });
    return new RouteTable(entries, this.template, 'cluster.local');
  }

  #newClaims(): RouteClaims {
    const find = (namespace: string, name: string) => this.functions.get(`${namespace}/${name}`);
    return new RouteClaims({ policy: this.#policy, find, onReleased: () => undefined });
  }
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function change(cluster: Cluster, random: () => number): void {
  const [namespace, name] = [pick(random, NAMESPACES), pick(random, NAMES)];
  const key = `${namespace}/${name}`;
  const known = cluster.functions.get(key);
  const dice = random();
  if (dice < 0.1) cluster.restart();
  if (dice < 0.25 && known !== undefined) {
    cluster.functions.delete(key);
    for (const other of cluster.claims.forget(known, cluster.nowMs)) cluster.decide(other);
    return;
  }
  const routes = Array.from({ length: Math.floor(random() * 4) }, () => {
    const pathPrefix = pick(random, PREFIXES);
    return { host: pick(random, [...HOSTS, 'shared.org']), ...(pathPrefix !== undefined && { pathPrefix }) };
  });
  const uid = known?.metadata.uid ?? `uid-${cluster.nowMs}`;
  const fn = aFunction({ routes }, { name, uid, createdAt: new Date(cluster.nowMs).toISOString() });
  const status = known?.status;
  cluster.functions.set(key, { ...fn, metadata: { ...fn.metadata, namespace }, ...(status && { status }) });
  cluster.decide(key);
}

interface Claim {
  key: string;
  namespace: string;
  host: string;
  pathPrefix: string;
}

function acceptedClaims(cluster: Cluster): Claim[] {
  return [...cluster.functions].flatMap(([key, { metadata, status }]) =>
    acceptedRoutes(status).map(({ host, pathPrefix }) => ({ key, namespace: metadata.namespace, host, pathPrefix })),
  );
}

/** Whose a request is, found the slow way. */
function ownerOf(cluster: Cluster, host: string, path: string): string | undefined {
  const functions = [...cluster.functions.values()].map(({ metadata }) => metadata);
  const claims = acceptedClaims(cluster).filter((claim) => claim.host === host);
  const keyOf = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;
  const own = functions.find((one) => {
    const isSure =
      !cluster.template.ambiguous || claims.some((claim) => claim.key === keyOf(one) && claim.pathPrefix === '/');
    return isSure && cluster.template.hostOf(one) === host;
  });
  if (own !== undefined) return keyOf(own);
  const covering = claims.filter(({ pathPrefix: prefix }) =>
    `${path}/`.startsWith(prefix === '/' ? '/' : `${prefix}/`),
  );
  const [longest] = covering.sort((a, b) => b.pathPrefix.length - a.pathPrefix.length);
  if (longest !== undefined) return longest.key;
  const short = functions.find((one) =>
    [`${one.name}.${one.namespace}`, `${one.name}.${one.namespace}.svc`].includes(host),
  );
  return short === undefined || claims.some((claim) => claim.namespace !== short.namespace) ? undefined : keyOf(short);
}

function checkClaims(cluster: Cluster, what: string): void {
  const claims = acceptedClaims(cluster);
  const routes = claims.map(({ host, pathPrefix }) => `${host}${pathPrefix}`);
  assert.equal(new Set(routes).size, routes.length, `${what}: one function for each route`);
  for (const { host, namespace, pathPrefix } of claims) {
    const others = claims.filter((other) => other.host === host && other.namespace !== namespace);
    assert.ok(others.length === 0 || host === 'shared.org', `${what}: ${host} is of one namespace`);
    assert.doesNotMatch(pathPrefix, /fn|66|\/\//, `${what}: ${pathPrefix}`);
    assert.doesNotMatch(host, /10\.0\.0\.1/, what);
    const owners = cluster.template.functionsAt(host).map((one) => one.namespace);
    assert.ok(owners.length === 0 || owners.includes(namespace), `${what}: ${host} is no other namespace's`);
  }
}

function checkGateway(cluster: Cluster, what: string): void {
  const gateway = cluster.gateway();
  const leadsTo = (host: string, path: string) => {
    const route = gateway.lookup(host, path);
    return route.kind === 'function' ? route.target : undefined;
  };
  for (const key of cluster.functions.keys()) assert.equal(leadsTo('203.0.113.1', `/fn/${key}/`), key, what);
  const made = [...cluster.functions.values()].map(({ metadata }) => cluster.template.hostOf(metadata) ?? '');
  for (const host of [...HOSTS, 'shared.org', ...made]) {
    for (const path of ['/', '/x', '/x/y', '/x/y/z', '/xy']) {
      assert.equal(leadsTo(host, path), ownerOf(cluster, host, path), `${what}: ${host}${path}`);
    }
  }
}

for (const template of [DEFAULT_HOST_TEMPLATE, '{name}-{namespace}.{domain}']) {
  test(`operator and gateway agree on whose a request is, whatever happens in whatever order: ${template}`, () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seeded(seed);
      const cluster = new Cluster(template);
      for (let step = 0; step < STEPS; step += 1) change(cluster, random);
      cluster.settle();
      checkClaims(cluster, `seed ${seed}`);
      checkGateway(cluster, `seed ${seed}`);
    }
  });
}
