/** What a program is made of, in the words of CycloneDX 1.5. Pure. */
import { createHash } from 'node:crypto';

/** As `npm sbom` says it; of a component only what is used here. */
export interface Inventory {
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  [field: string]: unknown;
}

export interface SbomOptions {
  /** What it is of. */
  subject: { type: 'application' | 'library' | 'container'; name: string; version: string; purl?: string };
  /** `name@version` of the packages in it. */
  packages: readonly string[];
  /** Of all packages that are known. */
  inventory: Inventory;
  /** Image that it stands on; absent: none. */
  base?: string;
  /** Seconds since 1970. */
  epoch: number;
}

/**
 * Only the packages that went in, and who of them needs whom. The same arguments give the same document, number included.
 * Throws where the inventory does not know a package.
 */
export function sbomOf({ subject, packages, inventory, base, epoch }: SbomOptions): object {
  const components = packages.map((ref) => componentOf(inventory, ref));
  const known = new Set(packages);
  const needs = new Map(
    inventory.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn.filter((to) => known.has(to))]),
  );
  const image = base === undefined ? [] : [{ 'bom-ref': base, type: 'container', name: base }];
  const self = `${subject.name}@${subject.version}`;
  const body = {
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1_000).toISOString(),
      component: { 'bom-ref': self, ...subject, licenses: [{ license: { id: 'Apache-2.0' } }] },
    },
    components: [...components, ...image],
    dependencies: [
      { ref: self, dependsOn: [...packages, ...image.map(({ name }) => name)] },
      ...packages.map((ref) => ({ ref, dependsOn: needs.get(ref) ?? [] })),
    ],
  };
  const $schema = 'http://cyclonedx.org/schema/bom-1.5.schema.json';
  return { $schema, bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber: `urn:uuid:${uuidOf(body)}`, ...body };
}

/** What npm says, without whether this checkout needs it for development alone: in what is described here it is needed. */
function componentOf({ components }: Inventory, ref: string): Component {
  const found = components.find((component) => component['bom-ref'] === ref);
  if (found === undefined) throw new Error(`the inventory has no ${ref}`);
  return { ...found, scope: 'required', properties: [] };
}

/** A version 8 UUID: of its own making, from the content. */
function uuidOf(content: object): string {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
