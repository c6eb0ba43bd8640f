/** Defaults of a pod's spec, in a Pod and in the template of a workload. */
import type { Fields } from '../fields.ts';
import { ensureFields, fieldsOf, isFields, listOf, setDefault, setIfAbsent } from '../fields.ts';

const DEFAULT_MODE = 0o644;

/** Of a workload's `spec.template`. */
export function setTemplateDefaults(spec: Fields): void {
  const template = ensureFields(spec, 'template');
  ensureFields(template, 'metadata');
  setPodSpecDefaults(ensureFields(template, 'spec'));
}

export function setPodSpecDefaults(spec: Fields): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  ensureFields(spec, 'securityContext');
  setIfAbsent(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'schedulerName', 'default-scheduler');
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (typeof account === 'string' && account !== '') {
    spec.serviceAccountName = account;
    spec.serviceAccount = account; // the older name of the same field, always kept alike
  }
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((name) => listOf(spec, name));
  for (const container of containers) setContainerDefaults(container, spec.hostNetwork === true);
  for (const volume of listOf(spec, 'volumes')) setVolumeDefaults(volume);
}

function setContainerDefaults(container: Fields, hostNetwork: boolean): void {
  setDefault(container, 'imagePullPolicy', pullPolicyOf(container.image));
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  ensureFields(container, 'resources');
  for (const port of listOf(container, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork) setDefault(port, 'hostPort', port.containerPort);
  }
  for (const variable of listOf(container, 'env')) setVariableDefaults(variable);
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isFields(container[name])) setProbeDefaults(container[name]);
  }
  const lifecycle = fieldsOf(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) setHttpGetDefaults(fieldsOf(lifecycle, hook));
}

/** `Always` for the tag `latest` or none, as the image may have changed; else `IfNotPresent`. */
function pullPolicyOf(image: unknown): string {
  const name = typeof image === 'string' ? image : '';
  if (name.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function setVariableDefaults(variable: Fields): void {
  const source = fieldsOf(variable, 'valueFrom');
  if (isFields(source.fieldRef)) setDefault(source.fieldRef, 'apiVersion', 'v1');
  if (isFields(source.resourceFieldRef)) setIfAbsent(source.resourceFieldRef, 'divisor', '0');
}

function setProbeDefaults(probe: Fields): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  setHttpGetDefaults(probe);
  if (isFields(probe.grpc)) setIfAbsent(probe.grpc, 'service', '');
}

function setHttpGetDefaults(action: Fields): void {
  const httpGet = action.httpGet;
  if (!isFields(httpGet)) return;
  setDefault(httpGet, 'path', '/');
  setDefault(httpGet, 'scheme', 'HTTP');
}

function setVolumeDefaults(volume: Fields): void {
  const sources = Object.keys(volume).filter((name) => name !== 'name');
  if (sources.length === 0) volume.emptyDir = {};
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[name];
    if (!isFields(source)) continue;
    setIfAbsent(source, 'defaultMode', DEFAULT_MODE);
    for (const item of listOf(source, 'items')) setFieldRefDefault(item);
    for (const part of listOf(source, 'sources')) setProjectionDefaults(part);
  }
  if (isFields(volume.hostPath)) setIfAbsent(volume.hostPath, 'type', '');
}

function setProjectionDefaults(part: Fields): void {
  if (isFields(part.serviceAccountToken)) setIfAbsent(part.serviceAccountToken, 'expirationSeconds', 3600);
  for (const item of listOf(fieldsOf(part, 'downwardAPI'), 'items')) setFieldRefDefault(item);
}

function setFieldRefDefault(item: Fields): void {
  if (isFields(item.fieldRef)) setDefault(item.fieldRef, 'apiVersion', 'v1');
}
