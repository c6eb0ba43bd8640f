/** What holds of the rendered objects, however the chart is installed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CATNAP_CHART, type RenderOptions, renderNotes } from '../../local/chart/render.ts';
import type { Lookup } from '../../local/chart/template-functions.ts';
import { CASES, inCase, type Loose, podsOf, the } from './rendered.ts';

const nameOf = ({ kind, metadata }: Loose) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const CLUSTER_WIDE = /^(ClusterRole|ClusterRoleBinding|ValidatingAdmissionPolicy|ValidatingAdmissionPolicyBinding)$/;
const LONG_LIVED = /^Deployment$/;

for (const { name, options, objects } of CASES) {
  test(`${name}: no object is there twice, each has a name that Kubernetes takes, and a namespace where it needs one`, () => {
    const names = objects.map(nameOf);
    assert.deepEqual(names, [...new Set(names)]);
    for (const { kind, metadata } of objects) {
      assert.match(metadata.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, nameOf({ kind, metadata }));
      assert.equal(metadata.namespace === undefined, CLUSTER_WIDE.test(kind), nameOf({ kind, metadata }));
    }
  });

  test(`${name}: every object says whose it is`, () => {
    for (const { kind, metadata } of objects) {
      const { labels } = metadata;
      assert.equal(labels['app.kubernetes.io/name'], 'catnap', nameOf({ kind, metadata }));
      assert.equal(labels['app.kubernetes.io/instance'], options.release);
      assert.equal(labels['app.kubernetes.io/managed-by'], 'Helm');
      assert.ok(labels['app.kubernetes.io/component']);
    }
  });

  test(`${name}: every selector selects the pods it is for, and no others`, () => {
    const pods = podsOf(objects);
    const selectors = objects.flatMap(({ kind, metadata, spec }) => {
      const selector = kind === 'Service' ? spec.selector : spec?.selector?.matchLabels;
      return selector === undefined ? [] : [{ who: nameOf({ kind, metadata }), selector, labels: metadata.labels }];
    });
    assert.ok(selectors.length >= 4);
    for (const { who, selector, labels } of selectors) {
      const matched = pods.filter((pod) => Object.entries(selector).every(([k, v]) => pod.metadata.labels[k] === v));
      assert.equal(matched.length, 1, who);
      const component = 'app.kubernetes.io/component';
      assert.equal(matched[0]?.metadata.labels[component], labels[component], who);
    }
  });

  test(`${name}: every service account that a pod or a binding names is there`, () => {
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    const used = podsOf(objects).map(({ spec }) => spec.serviceAccountName);
    const bound = objects
      .flatMap(({ subjects = [] }) => subjects)
      .filter(({ kind }: Loose) => kind === 'ServiceAccount');
    for (const account of [...used, ...bound.map((subject: Loose) => subject.name)])
      assert.ok(accounts.includes(account));
    for (const { namespace } of bound) assert.equal(namespace, options.namespace);
  });

  test(`${name}: every pod fits the restricted Pod Security profile, with a root that is read only`, () => {
    for (const { of, spec } of podsOf(objects)) {
      assert.equal(spec.securityContext.runAsNonRoot, true, nameOf(of));
      assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' });
      for (const { securityContext, resources } of spec.containers) {
        assert.equal(securityContext.allowPrivilegeEscalation, false);
        assert.equal(securityContext.readOnlyRootFilesystem, true);
        assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
        assert.ok(resources.requests.memory && resources.requests.cpu && resources.limits.memory);
      }
    }
  });

  test(`${name}: the operator alone has a token, the bundler beside it has neither that nor its user`, () => {
    const { spec } = the(objects, 'Deployment', '-operator').spec.template;
    const [operator, bundler] = spec.containers;
    assert.equal(spec.automountServiceAccountToken, false);
    const mounts = (container: Loose) => container.volumeMounts.map((mount: Loose) => mount.mountPath);
    assert.deepEqual(mounts(operator), ['/run/catnap', '/var/run/secrets/kubernetes.io/serviceaccount']);
    assert.deepEqual(mounts(bundler), ['/run/catnap']);
    assert.equal(bundler.image, operator.image);
    const { runAsUser } = spec.securityContext;
    assert.equal(bundler.securityContext.runAsUser, runAsUser === undefined ? undefined : runAsUser + 1);
  });

  test(`${name}: every port that a probe or a Service names is there`, () => {
    for (const { spec } of podsOf(objects).filter((pod) => LONG_LIVED.test(pod.of.kind))) {
      const { ports, startupProbe, readinessProbe, livenessProbe } = spec.containers[0];
      const names = ports.map((port: Loose) => port.name);
      for (const probe of [startupProbe, readinessProbe, livenessProbe]) assert.ok(names.includes(probe.httpGet.port));
    }
    for (const { spec } of objects.filter(({ kind }) => kind === 'Service')) {
      const component = spec.selector['app.kubernetes.io/component'];
      const { containers } = the(objects, 'Deployment', `-${component}`).spec.template.spec;
      const ports = containers[0].ports.map((port: Loose) => port.name);
      for (const { targetPort } of spec.ports) assert.ok(ports.includes(targetPort));
    }
  });

  test(`${name}: an activator has longer to leave than it drains`, () => {
    const { spec } = the(objects, 'Deployment', '-activator').spec.template;
    const seconds = (name: string) =>
      Number(spec.containers[0].env.find((one: Loose) => one.name === name)?.value ?? 0);
    const drains = seconds('CATNAP_DRAIN_SECONDS') + seconds('CATNAP_DELIVERY_DRAIN_SECONDS');
    assert.ok(spec.terminationGracePeriodSeconds > drains + 20);
  });

  test(`${name}: nothing else but a few words of the notes is left to say`, () => {
    const notes = renderNotes(options);
    assert.match(notes, /kubectl apply -n \S+ -f -/);
    assert.match(notes, new RegExp(`helm test -n ${options.namespace} ${options.release}`));
    assert.doesNotMatch(notes, /<no value>|<nil>|map\[|%!/);
  });
}

test('who leaves the dispatcher out is told where the work of an earlier one is', () => {
  const asked: string[] = [];
  const lookup: Lookup = (_version, kind, namespace, name) => {
    asked.push(kind);
    return kind === 'PersistentVolumeClaim' && namespace === 'sys' && name === 'mine-catnap-dispatcher' ? { kind } : {};
  };
  const notes = (values: NonNullable<RenderOptions['values']>, release = 'mine') =>
    renderNotes({ release, namespace: 'sys', values, lookup });
  const told = /claim \S+-dispatcher of an earlier one is kept.*\n.*kubectl delete pvc -n sys mine-catnap-dispatcher\n/;
  assert.match(notes({ dispatcher: { enabled: false } }), told);
  assert.doesNotMatch(notes({ dispatcher: { enabled: false } }, 'other'), /earlier one/);
  assert.doesNotMatch(notes({ dispatcher: { enabled: true } }), /earlier one/);
  // Who installs into listed namespaces alone need not be allowed to look.
  asked.length = 0;
  assert.doesNotMatch(notes({ dispatcher: { enabled: false }, namespaces: ['shop'] }), /earlier one/);
  assert.ok(!asked.includes('PersistentVolumeClaim'));
});

test('small: all that it requests together, a job included, is at most 160 MiB', () => {
  const small = inCase('a small node');
  const bytes = podsOf(small).map(({ of, spec }) => {
    const mebibytes = spec.containers.map(({ resources }: Loose) => /^(\d+)Mi$/.exec(resources.requests.memory)?.[1]);
    const sum = mebibytes.reduce((all: number, one: string) => all + Number(one), 0);
    return { kind: of.kind, mebibytes: sum * (of.spec.replicas ?? 1) };
  });
  const sum = (kinds: RegExp) =>
    bytes.filter(({ kind }) => kinds.test(kind)).reduce((all, { mebibytes }) => all + mebibytes, 0);
  const jobs = bytes.filter(({ kind }) => !LONG_LIVED.test(kind)).map(({ mebibytes }) => mebibytes);
  assert.ok(jobs.length > 0);
  assert.ok(sum(LONG_LIVED) + Math.max(...jobs) <= 160);
  assert.equal(small.filter(({ kind }) => kind === 'PodDisruptionBudget').length, 0);
});

test('the chart and the package are of one version', () => {
  const chart = parse(readFileSync(join(CATNAP_CHART, 'Chart.yaml'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(CATNAP_CHART, '..', '..', 'package.json'), 'utf8'));
  assert.equal(chart.appVersion, version);
});
