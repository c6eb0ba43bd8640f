/** Services in the environment of a container, as kubelet puts them there. Pure. */
import type { Service } from '#platform/kube/resources.ts';

type Port = { name?: string; port: number; protocol?: string };

/**
 * Variables that lead to the API server, and to the Services of the pod's namespace when `links` says so
 * (`enableServiceLinks`): `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT` and the longer ones.
 * @param api where the API server answers by https
 */
export function serviceLinks(
  api: { host: string; port: number },
  services: readonly Service[],
  links: boolean,
): Map<string, string> {
  const found = links ? services.filter(hasAddress) : [];
  return new Map([
    ...found.flatMap(({ metadata, spec }) =>
      variables(metadata?.name ?? '', spec?.clusterIP ?? '', (spec?.ports ?? []) as Port[]),
    ),
    ...variables('kubernetes', api.host, [{ name: 'https', port: api.port }]),
  ]);
}

function hasAddress({ spec }: Service): boolean {
  return spec?.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None';
}

function variables(service: string, host: string, ports: readonly Port[]): [string, string][] {
  const [first] = ports;
  if (first === undefined) return [];
  const name = variableName(service);
  return [
    [`${name}_SERVICE_HOST`, host],
    [`${name}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap((port): [string, string][] =>
      port.name === undefined || port.name === ''
        ? []
        : [[`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)]],
    ),
    [`${name}_PORT`, urlOf(host, first)],
    ...ports.flatMap((port): [string, string][] => {
      const prefix = `${name}_PORT_${port.port}_${protocolOf(port)}`;
      return [
        [prefix, urlOf(host, port)],
        [`${prefix}_PROTO`, protocolOf(port).toLowerCase()],
        [`${prefix}_PORT`, String(port.port)],
        [`${prefix}_ADDR`, host],
      ];
    }),
  ];
}

const protocolOf = ({ protocol = 'TCP' }: Port): string => protocol;
const urlOf = (host: string, port: Port): string => `${protocolOf(port).toLowerCase()}://${host}:${port.port}`;
const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
