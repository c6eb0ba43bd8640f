/** What the calls of a KubeClient may be given, and what they give. */

export interface CallOptions {
  /** Ends the call with a KubeError `Aborted`. */
  signal: AbortSignal;
  /** Longest the whole call may take, in milliseconds; default 10,000. Not for `watch`. */
  deadlineMs?: number;
}

export interface SubresourceOptions extends CallOptions {
  /** `status`, `scale`; default: the object itself. */
  subresource?: string;
}

export interface WriteOptions extends SubresourceOptions {
  fieldManager?: string;
  /** The server checks, completes and answers as ever, and stores nothing; default false. */
  dryRun?: boolean;
}

export interface ApplyOptions extends SubresourceOptions {
  fieldManager: string;
  /** Take over fields that others own instead of failing with 409; default true. */
  force?: boolean;
  /** The server checks, completes and answers as ever, and stores nothing; default false. */
  dryRun?: boolean;
}

export interface DeleteOptions extends CallOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  /** Nothing is deleted; default false. */
  dryRun?: boolean;
}

export interface Selection {
  /** Default: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Of each object only kind, apiVersion and metadata; default false. */
  metadataOnly?: boolean | undefined;
}

export interface ListOptions<T = never> extends Selection, CallOptions {
  /** Objects per page. */
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  /** What is kept of each object, one by one as they are read; default: all of it. */
  keep?: (object: T) => T;
}

export interface KubeList<T> {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

export interface WatchOptions extends Selection {
  signal: AbortSignal;
  /** Events after this one. */
  resourceVersion: string;
  /** When the server is asked to end the watch. */
  timeoutSeconds?: number;
  /** Longest silence, without a single byte, before the watch ends with a KubeError `DeadlineExceeded`. */
  idleMs?: number;
  /** Called when the server has accepted the watch, which may be long before the first event. */
  onOpen?: () => void;
}

/** In a BOOKMARK only `metadata.resourceVersion` means anything. An ERROR event is thrown as a KubeError instead. */
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

export interface LogOptions extends CallOptions {
  container?: string;
  /** Of the container's previous run. */
  previous?: boolean;
  tailLines?: number;
  limitBytes?: number;
}

export interface LogStreamOptions {
  signal: AbortSignal;
  container?: string;
  /** Of the container's previous run. */
  previous?: boolean;
  /** Until the container ends, and on as it writes; default: what there is now. */
  follow?: boolean;
  /** Each line begins with its time, RFC 3339 with nanoseconds, and a space. */
  timestamps?: boolean;
  /** Only lines of this moment or later: RFC 3339. */
  sinceTime?: string;
  tailLines?: number;
  limitBytes?: number;
  /** Longest silence, in milliseconds, before the stream ends with a KubeError `DeadlineExceeded`; default: a day. */
  idleMs?: number;
}
