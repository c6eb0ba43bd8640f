import { createHash } from 'node:crypto';
import type { ServedKind } from '../../objects/schema/openapi.ts';
import type { Fields } from '../resources/fields.ts';
import type { Registry } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { encodeOpenApiV2 } from './openapi-protobuf.ts';

interface Document {
  json: string;
  /** The same in protobuf; of /openapi/v2 only. */
  protobuf?: Buffer;
  hash: string;
}

export class OpenApi {
  readonly #registry: Registry;
  #made = new Map<string, Document>();
  #generation = -1;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** `/openapi/v3`: where each group version's document is, with a hash that changes when it does. */
  async index(): Promise<object> {
    const paths: { [path: string]: object } = {};
    for (const path of this.#groupVersions().keys()) {
      const hash = (await this.document(path))?.hash ?? '';
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
    return { paths };
  }

  /** @param path `api/v1`, `apis/apps/v1` */
  async document(path: string): Promise<Document | undefined> {
    const { openApiDocument } = await import('../../objects/schema/openapi.ts');
    return this.#cached(path, () => {
      const resources = this.#groupVersions().get(path);
      const [first] = resources ?? [];
      if (resources === undefined || first === undefined) return undefined;
      return openApiDocument({ group: first.group, version: first.version }, resources.map(servedKind));
    });
  }

  /** `/openapi/v2`: all in one, in the older form. */
  async v2(): Promise<Document | undefined> {
    const { openApiV2Document } = await import('../../objects/schema/openapi.ts');
    const document = this.#cached('v2', () => openApiV2Document(this.#registry.all().map(servedKind)));
    if (document !== undefined) document.protobuf ??= encodeOpenApiV2(JSON.parse(document.json) as Fields);
    return document;
  }

  #cached(name: string, make: () => object | undefined): Document | undefined {
    if (this.#generation !== this.#registry.generation) {
      this.#made = new Map();
      this.#generation = this.#registry.generation;
    }
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const value = make();
    if (value === undefined) return undefined;
    const json = JSON.stringify(value);
    const document = { json, hash: createHash('sha256').update(json).digest('hex').toUpperCase() };
    this.#made.set(name, document);
    return document;
  }

  #groupVersions(): Map<string, Resource[]> {
    const byPath = new Map<string, Resource[]>();
    for (const resource of this.#registry.all()) {
      const { group, version } = resource;
      const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      byPath.set(path, [...(byPath.get(path) ?? []), resource]);
    }
    return byPath;
  }
}

function servedKind({ schema, plural }: Resource): ServedKind {
  return { schema, plural };
}
