import { join } from 'node:path';
import { CATNAP_CHART, type RenderOptions } from '../../local/chart/render.ts';

/** Ways in which the chart is installed; each test of the chart goes through all of them. */
const SMALL = join(CATNAP_CHART, 'values-small.yaml');

const release = { release: 'catnap', namespace: 'catnap-system' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

export const MATRIX: Record<string, RenderOptions> = {
  'the defaults': release,
  'a small node': { ...release, valuesFiles: [SMALL] },
  'another release name': { release: 'prod', namespace: 'functions' },
  'a name of its own': { ...release, values: { fullnameOverride: 'fn' } },
  'a long release name': { release: 'a-release-name-as-long-as-helm-lets-one-be-made-of-53', namespace: 'x' },
  'a node port': { ...release, values: { service: { type: 'NodePort' }, domain: 'fn.example.org' } },
  'a node port that the cluster picks': {
    ...release,
    values: { service: { type: 'NodePort', nodePorts: { http: 0, https: 0 } }, url: { port: 31000 } },
  },
  'a load balancer': {
    ...release,
    values: {
      domain: 'fn.example.org',
      service: {
        type: 'LoadBalancer',
        annotations: { 'example.org/ip': 'static' },
        loadBalancerClass: 'example.org/lb',
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        externalTrafficPolicy: 'Local',
      },
    },
  },
  'TLS at the gateway': { ...release, values: { service: { type: 'LoadBalancer' }, tls: { secretName: 'fn-tls' } } },
  'client certificates': {
    ...release,
    values: { tls: { secretName: 'fn-tls', clientCa: { configMapName: 'clients' } } },
  },
  'client certificates by a Secret': {
    ...release,
    values: { tls: { secretName: 'fn-tls', clientCa: { secretName: 'clients' } } },
  },
  'TLS by node port': { ...release, values: { service: { type: 'NodePort' }, tls: { secretName: 'fn-tls' } } },
  'TLS by port-forward': { ...release, values: { tls: { secretName: 'fn-tls' } } },
  'an Ingress': {
    ...release,
    values: {
      domain: 'fn.example.org',
      ingress: { enabled: true },
      activator: { trustedProxies: ['10.42.0.0/16', 'fd00:42::/56'] },
    },
  },
  'an Ingress with TLS': {
    ...release,
    values: {
      domain: 'fn.example.org',
      activator: { trustedProxies: ['10.42.0.0/16'] },
      ingress: {
        enabled: true,
        className: 'traefik',
        annotations: { 'cert-manager.io/cluster-issuer': 'dns' },
        hosts: ['*.default.fn.example.org', '*.shop.fn.example.org'],
        tls: [{ secretName: 'fn-tls', hosts: ['*.default.fn.example.org', '*.shop.fn.example.org'] }],
      },
    },
  },
  'two namespaces': {
    ...release,
    values: { namespaces: ['shop', 'web'], uninstall: { removeFunctions: true }, podMonitor: { enabled: true } },
  },
  'its own namespace': {
    ...release,
    values: { namespaces: ['catnap-system'], crds: { install: false }, admissionPolicy: { enabled: false } },
  },
  'functions are removed with it': { ...release, values: { uninstall: { removeFunctions: true } } },
  'the CRD is somebody else’s': { ...release, values: { crds: { install: false } } },
  'logs are in Loki': {
    ...release,
    values: { logs: { loki: { url: 'https://loki.example.org', selector: '{ns="$namespace"}', tenant: 'team-a' } } },
  },
  'no dispatcher': { ...release, values: { dispatcher: { enabled: false } } },
  'a dispatcher with a class and bounds of its own': {
    ...release,
    values: {
      dispatcher: {
        storage: { class: 'fast', size: '20Gi' },
        perFunction: { entries: 5000, mebibytes: 128 },
        perNamespace: { entries: 20_000, mebibytes: 512 },
      },
      activator: { drainSeconds: 30, deliveryDrainSeconds: 3600 },
    },
  },
  'a dispatcher that is not for all': {
    ...release,
    values: { dispatcher: { access: false, storage: { existingClaim: 'work' } } },
  },
  'a dispatcher with a database': {
    ...release,
    values: {
      dispatcher: { database: { secretName: 'work-db' } },
      networkPolicy: {
        system: { egress: 'closed', database: { ports: [6432], to: [{ ipBlock: { cidr: '192.0.2.30/32' } }] } },
      },
    },
  },
  'a keeper that is not for all': { ...release, values: { logs: { access: false, existingClaim: 'lines' } } },
  'Prometheus operator': {
    ...release,
    values: {
      podMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
      networkPolicy: {
        metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      },
    },
  },
  'operator and activators are shut in': {
    ...release,
    values: {
      networkPolicy: {
        metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        system: {
          gatewayFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
          egress: 'closed',
          apiServer: { ports: [8443], to: [{ ipBlock: { cidr: '192.0.2.10/32' } }] },
        },
      },
    },
  },
  'rate limits in a Redis': {
    ...release,
    values: { rateLimits: { redis: { url: 'redis://redis.cache.svc:6379' } } },
  },
  'rate limits in a Redis over TLS, and nothing else may be called': {
    ...release,
    values: {
      rateLimits: { redis: { url: 'rediss://redis.example.org:6380/2', secretName: 'redis' } },
      networkPolicy: {
        system: { egress: 'closed', redis: { ports: [6380], to: [{ ipBlock: { cidr: '192.0.2.20/32' } }] } },
      },
    },
  },
  'destinations in the cluster, and nothing else may be called': {
    ...release,
    values: {
      dispatcher: { destinations: { networks: ['10.96.0.0/12', 'fd00::/8'], allowHttp: true } },
      networkPolicy: {
        system: { egress: 'closed', destinations: { ports: [443, 80], to: [{ ipBlock: { cidr: '192.0.2.40/32' } }] } },
      },
    },
  },
  'issuers in the cluster, and nothing else may be called': {
    ...release,
    values: {
      access: { issuerNetworks: ['10.96.0.0/12', 'fd00::/8'], allowHttpIssuers: true },
      networkPolicy: {
        system: { egress: 'closed', issuers: { ports: [443], to: [{ ipBlock: { cidr: '192.0.2.30/32' } }] } },
      },
    },
  },
  'functions may call nobody': { ...release, values: { networkPolicy: { egress: 'closed' } } },
  'hosts of one label, given to namespaces': {
    ...release,
    values: {
      hostTemplate: '{name}-{namespace}.{domain}',
      hosts: { strict: true, owners: [{ host: '*.example.com', namespaces: ['shop', 'web'] }] },
    },
  },
  'no policies': {
    ...release,
    values: {
      networkPolicy: { enabled: false },
      admissionPolicy: { enabled: false },
      rbac: { aggregateToUserRoles: false },
    },
  },
  'a mirror and digests': {
    ...release,
    values: {
      image: { registry: 'mirror.example.org:5000/', pullPolicy: 'Always', pullSecrets: [{ name: 'mirror' }] },
      operator: { image: { digest } },
      activator: { image: { repository: 'team/catnap-activator', digest } },
      runtime: { image: { tag: '1.2.3' } },
    },
  },
  'everything about pods': {
    ...release,
    values: {
      operator: podSettings('operator'),
      activator: {
        ...podSettings('activator'),
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { 'app.kubernetes.io/component': 'activator' } },
          },
        ],
        podDisruptionBudget: { maxUnavailable: '50%' },
      },
      dispatcher: withoutReplicas(podSettings('dispatcher')),
      jobs: { nodeSelector: { 'kubernetes.io/arch': 'arm64' }, tolerations: [{ operator: 'Exists' }] },
      podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
    },
  },
};

/** Of what there is one of. */
function withoutReplicas({ replicas: _one, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

function podSettings(name: string): Record<string, unknown> {
  const labelSelector = { matchLabels: { 'app.kubernetes.io/component': name } };
  const term = { weight: 1, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector } };
  return {
    replicas: 3,
    logLevel: 'debug',
    priorityClassName: 'system-cluster-critical',
    podLabels: { team: 'platform' },
    podAnnotations: { 'example.org/note': 'yes' },
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'edge', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [term] } },
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ssl/ca.pem' }],
  };
}
