import { createHash, randomUUID } from 'node:crypto';
import type { ServedKind } from '../../objects/schema/openapi.ts';
import type { Fields } from '../resources/fields.ts';
import type { Registry } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { addDescriptions } from './descriptions.ts';
import { encodeOpenApiV2 } from './openapi-protobuf.ts';

interface Document {
  json: string;
  /** The same in protobuf; of /openapi/v2 only. */
  protobuf?: Buffer;
  hash: string;
}

export class OpenApi {
  readonly #registry: Registry;
  /** Documents may differ between two runs of the server, so that a hash is good for one. */
  readonly #run = randomUUID();
  #made = new Map<string, Promise<Document>>();
  #generation = -1;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** `/openapi/v3`: where each group version's document is, with a hash that changes when it does. */
  index(): object {
    const paths = [...this.#groupVersions()].map(([path, resources]): [string, object] => {
      const changes = resources.every(({ schema }) => schema.builtin) ? 0 : this.#registry.generation;
      const hash = hashOf(`${this.#run} ${path} ${changes}`);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(paths) };
  }

  /**
   * `undefined` for a group version that is not served.
   * @param path `api/v1`, `apis/apps/v1`
   */
  async document(path: string): Promise<Document | undefined> {
    const resources = this.#groupVersions().get(path);
    const [first] = resources ?? [];
    if (resources === undefined || first === undefined) return undefined;
    return await this.#cached(path, async () => {
      const { openApiDocument } = await import('../../objects/schema/openapi.ts');
      const document = openApiDocument({ group: first.group, version: first.version }, resources.map(servedKind));
      await addDescriptions(document.components.schemas as Fields);
      return documentOf(document);
    });
  }

  /** `/openapi/v2`: all in one, in the older form. */
  async v2(): Promise<Document> {
    return await this.#cached('v2', async () => {
      const { openApiV2Document } = await import('../../objects/schema/openapi.ts');
      const document = openApiV2Document(this.#registry.all().map(servedKind));
      return { ...documentOf(document), protobuf: encodeOpenApiV2(document) };
    });
  }

  #cached(name: string, make: () => Promise<Document>): Promise<Document> {
    if (this.#generation !== this.#registry.generation) {
      this.#made = new Map();
      this.#generation = this.#registry.generation;
    }
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made;
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

function documentOf(value: object): Document {
  const json = JSON.stringify(value);
  return { json, hash: hashOf(json) };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').toUpperCase();
}
