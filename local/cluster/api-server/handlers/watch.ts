/** Streams of changes. */
import type { ServerResponse } from 'node:http';
import type { RequestError } from '../../objects/request-error.ts';
import { OrderedDelays } from '../../realism/ordered-delays.ts';
import type { Call } from '../cluster.ts';
import { presentEvent } from '../present.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { expired, statusOf } from '../status.ts';
import type { Change, Entry } from '../store/entry.ts';
import type { ListOptions } from './list-options.ts';
import { tooLarge, viewOf } from './read.ts';
import type { Selection } from './selection.ts';
import { selectionOf } from './selection.ts';

const BOOKMARK_EVERY_MS = 60_000;
/** Without a wish of the client's a watch lasts between one and two of these. */
const DEFAULT_TIMEOUT_MS = 30 * 60_000;
/** Of unread events; a client that falls further behind is cut off and has to begin anew. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/** Answers with a watch that ends at its timeout, or when the client is gone. */
export function watchObjects(call: Call, options: ListOptions, response: ServerResponse): void {
  const watch = new Watch(call, selectionOf(call), options.allowBookmarks, response);
  watch.run(options);
}

class Watch {
  readonly #call: Call;
  readonly #selection: Selection;
  readonly #bookmarks: boolean;
  readonly #response: ServerResponse;
  #started = false;
  /** Changes up to here were sent or passed over. */
  #revision = 0;

  constructor(call: Call, selection: Selection, bookmarks: boolean, response: ServerResponse) {
    this.#call = call;
    this.#selection = selection;
    this.#bookmarks = bookmarks;
    this.#response = response;
  }

  run(options: ListOptions): void {
    const { store } = this.#call.cluster;
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
    this.#response.socket?.setNoDelay(true);
    const from = options.resourceVersion ?? 0;
    const fromState = options.sendInitialEvents ?? from === 0;
    const problem = this.#startProblem(from, fromState);
    if (problem !== undefined) {
      this.#fail(problem);
      return;
    }
    this.#revision = fromState || from === 0 ? store.revision : from;
    if (fromState) this.#sendState(options.sendInitialEvents === true);
    else for (const change of store.changesAfter(this.#call.resource.bucket, this.#revision)) this.#onChange(change);
    this.#follow(options.timeoutSeconds);
  }

  /** Why a watch cannot start there: the state is yet to come, or what came after it is forgotten. */
  #startProblem(from: number, fromState: boolean): RequestError | undefined {
    const { revision, compacted } = this.#call.cluster.store;
    if (fromState) return from > revision ? tooLarge(from, revision) : undefined;
    return from !== 0 && from < compacted ? expired(`too old resource version: ${from} (${compacted})`) : undefined;
  }

  #sendState(withEnd: boolean): void {
    const { cluster, resource, request } = this.#call;
    const namespace = resource.namespaced ? request.namespace : '';
    for (const entry of cluster.store.list(resource.bucket, namespace)) {
      if (this.#selection.matches(entry.object)) this.#send('ADDED', entry);
    }
    if (withEnd && this.#bookmarks) this.#sendBookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #follow(timeoutSeconds: number): void {
    const { cluster, resource, gone } = this.#call;
    const { realism } = cluster;
    const delays = realism && new OrderedDelays(() => realism.lateMs('watchEvent'));
    const inTurn = (work: () => void) => (delays === undefined ? work() : delays.push(work));
    const stopListening = cluster.store.listen(resource.bucket, (change) => inTurn(() => this.#tell(change)));
    const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS * (1 + Math.random());
    const keepUp = () => {
      const { revision } = cluster.store;
      inTurn(() => this.#keepUp(revision));
    };
    const bookmarks = setInterval(keepUp, BOOKMARK_EVERY_MS);
    const stop = () => {
      stopListening();
      delays?.[Symbol.dispose]();
      clearInterval(bookmarks);
      clearTimeout(end);
    };
    const end = setTimeout(() => {
      keepUp();
      delays?.flush();
      // Before the end: a change that comes while the last bytes leave has nowhere to go.
      stop();
      this.#response.end();
    }, timeoutMs);
    this.#response.once('close', stop);
    gone.addEventListener('abort', stop, { once: true });
  }

  /** Tells the client that it has come as far as `revision`, so that it need not read anew what did not concern it. */
  #keepUp(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    if (this.#bookmarks) this.#sendBookmark();
  }

  /** What goes wrong here is this watch's affair, not the writer's who made the change. */
  #tell(change: Change): void {
    try {
      this.#onChange(change);
    } catch (error) {
      this.#call.cluster.log.error({ err: error, key: change.key }, 'watch failed');
      this.#response.destroy();
    }
  }

  /** To one who sees a part, an object that enters it is new and one that leaves it is gone. */
  #onChange(change: Change): void {
    const { type, entry, previous } = change;
    if (entry.revision <= this.#revision) return;
    this.#revision = entry.revision;
    const now = type !== 'DELETED' && this.#selection.matches(entry.object);
    const before = previous !== undefined && this.#selection.matches(previous.object);
    if (now) this.#send(before ? 'MODIFIED' : 'ADDED', entry);
    else if (before) this.#send('DELETED', type === 'DELETED' ? entry : leaving(previous, entry.revision));
  }

  #send(type: 'ADDED' | 'MODIFIED' | 'DELETED', entry: Entry): void {
    const object = presentEvent(entry, viewOf(this.#call), !this.#started);
    this.#started = true;
    this.#write(type, object);
  }

  #sendBookmark(annotations?: { [name: string]: string }): void {
    const { resource, accepted } = this.#call;
    const metadata = { resourceVersion: String(this.#revision), ...(annotations === undefined ? {} : { annotations }) };
    const partial = accepted.form === 'metadata';
    const kind = partial ? 'PartialObjectMetadata' : resource.kind;
    const apiVersion = partial ? 'meta.k8s.io/v1' : apiVersionOf(resource);
    const object = { kind, apiVersion, metadata };
    if (accepted.form !== 'table') {
      this.#write('BOOKMARK', JSON.stringify(object));
      return;
    }
    const table = {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: metadata.resourceVersion },
      columnDefinitions: this.#started ? null : resource.printer.columns,
      rows: [{ cells: resource.printer.columns.map(() => ''), object }],
    };
    this.#started = true;
    this.#write('BOOKMARK', JSON.stringify(table));
  }

  #write(type: string, objectJson: string): void {
    this.#response.write(`{"type":"${type}","object":${objectJson}}\n`);
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) this.#response.destroy();
  }

  /** A watch whose request was in order ends with an event, not with a status code. */
  #fail(error: RequestError): void {
    this.#write('ERROR', JSON.stringify(statusOf(error)));
    this.#response.end();
  }
}

/** The object as it last was in the client's part, with the revision at which it left. */
function leaving(previous: Entry, revision: number): Entry {
  const object = {
    ...previous.object,
    metadata: { ...previous.object.metadata, resourceVersion: String(revision) },
  };
  return { object, json: JSON.stringify(object), revision };
}
