import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { BUNDLE_TEXT } from '#api/names.ts';
import { CONFIG_MAPS } from '#platform/kube/resources.ts';
import { isControlledBy } from '../function/owned.ts';
import type { RevisionView } from '../function/revision-view.ts';
import { bundleOf } from '../function/stored-bundle.ts';
import { bundlePlaces, sourcePlaces, withSourcePlaces } from '../source/stack-places.ts';
import type { Writer } from './apply-children.ts';

/** Longest source map that is read, in bytes. */
const MAP_MAX_BYTES = 32 * 1024 * 1024;
const decompress = promisify(brotliDecompress);

/** Shows stacks of large functions, whose bundles have no source map, by the maps that are stored apart. */
export class SourceStacks {
  /** By the function's uid: places of the bundle whose map was last read. One that is not in the map stays as it is. */
  readonly #known = new Map<string, { map: string; places: Map<string, string> }>();

  /** The revisions, with lines of the source in what their failures say. */
  async shown(writer: Writer, revisions: readonly RevisionView[]): Promise<RevisionView[]> {
    return Promise.all(revisions.map((revision) => this.#shown(writer, revision)));
  }

  /** The function is gone. */
  forget(uid: string): void {
    this.#known.delete(uid);
  }

  async #shown(writer: Writer, revision: RevisionView): Promise<RevisionView> {
    const { failure, deployment } = revision;
    const named = failure === undefined ? [] : bundlePlaces(failure.message);
    const names = named.length === 0 ? undefined : bundleOf(deployment)?.map;
    if (failure === undefined || names === undefined) return revision;
    const places = await this.#places(writer, names, named);
    return { ...revision, failure: { ...failure, message: withSourcePlaces(failure.message, places) } };
  }

  /** The map is read again only for places that it was not asked for before: a function that fails does so at the same ones. */
  async #places(writer: Writer, names: readonly string[], named: readonly string[]): Promise<Map<string, string>> {
    const { uid } = writer.fn.metadata;
    const map = names.join(',');
    const known = this.#known.get(uid);
    if (known?.map === map && named.every((place) => known.places.has(place))) return known.places;
    const found = await readMap(writer, names)
      .then((text) => sourcePlaces(text, named))
      .catch((error: unknown) => {
        if (writer.signal.aborted) throw error;
        // Deleted, or not what was stored: then lines of the bundle are shown.
        return new Map<string, string>();
      });
    const places = new Map(named.map((place) => [place, found.get(place) ?? place]));
    this.#known.set(uid, { map, places });
    return places;
  }
}

/** As JSON. Throws where it is not there any more. */
async function readMap({ kube, fn, signal }: Writer, names: readonly string[]): Promise<string> {
  const chunks: string[] = [];
  for (const name of names) {
    const found = await kube.get(CONFIG_MAPS, { namespace: fn.metadata.namespace, name }, { signal });
    if (!isControlledBy(found, fn)) throw new Error(`the ConfigMap ${name} is not the function's`);
    const data = found.data ?? {};
    chunks.push(...Object.keys(data).map((_, index) => data[index] ?? ''));
  }
  const text = chunks.join('');
  if (text.startsWith(BUNDLE_TEXT)) return text.slice(BUNDLE_TEXT.length);
  return (await decompress(Buffer.from(text, 'base64'), { maxOutputLength: MAP_MAX_BYTES })).toString();
}
