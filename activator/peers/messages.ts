/** Messages between activators, as lines of JSON. Each may be lost, repeated or come from a newer version. */

/** How a replica was seen to be. `stuck`: it did not take or answer a request; `answers`: it does again. */
export interface ReplicaHint {
  /** `<namespace>/<name>` of its Function. */
  function: string;
  /** Of its pod. */
  uid: string;
  state: 'stuck' | 'answers';
}

/** How many requests of a function a gateway has: waiting, or in flight while others wait. Said anew as it changes. */
export interface BacklogHint {
  /** `<namespace>/<name>` */
  function: string;
  /** Which gateway; anything that is its own. */
  from: string;
  /** 0: none waits any more. */
  requests: number;
}

/** What one gateway has let through of keys of a limit, or what it knows to be used up. */
export interface UseHint {
  /** Which gateway. */
  from: string;
  /** Of that gateway, so that none takes the place of another. */
  seq: number;
  /** `<namespace>/<name>` */
  function: string;
  /** Name of the limit. */
  limit: string;
  /** `used`: let through since the last hint; `state`: used up and not filled up again, by all that the gateway knows. */
  mode: 'used' | 'state';
  /** As `encodeUses` makes it. */
  keys: string;
}

/** A gateway that shares limits is there. */
interface AliveHint {
  from: string;
}

/** The kinds of hints there are, by the `kind` of their line. A further one is added here and in KINDS. */
export interface HintKinds {
  replica: ReplicaHint;
  backlog: BacklogHint;
  use: UseHint;
  alive: AliveHint;
}
export type HintKind = keyof HintKinds;
export type Hint = { [K in HintKind]: { kind: K; hint: HintKinds[K] } }[HintKind];

type Fields = Readonly<Record<string, unknown>>;
interface KindRules<T> {
  /** Undefined for fields that are not as they have to be; ones that are not known are left out. */
  read(fields: Fields): T | undefined;
  /** What it is about: while it waits to be sent, a newer hint about the same takes its place. */
  subject(hint: T): string;
}

const FUNCTION_KEY = /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/;
const UID = /^[A-Za-z0-9-]{1,64}$/;
const LIMIT = /^[a-z0-9-]{1,63}$/;
const KEYS = /^[A-Za-z0-9_-]{1,640}$/;

/** More than any gateway holds. */
const MOST_REQUESTS = 10_000_000;

const KINDS: { readonly [K in HintKind]: KindRules<HintKinds[K]> } = {
  replica: {
    read({ function: key, uid, state }) {
      if (typeof key !== 'string' || !FUNCTION_KEY.test(key)) return undefined;
      if (typeof uid !== 'string' || !UID.test(uid)) return undefined;
      return state === 'stuck' || state === 'answers' ? { function: key, uid, state } : undefined;
    },
    subject: ({ uid }) => uid,
  },
  backlog: {
    read({ function: key, from, requests }) {
      if (typeof key !== 'string' || !FUNCTION_KEY.test(key)) return undefined;
      if (typeof from !== 'string' || !UID.test(from)) return undefined;
      if (!Number.isInteger(requests) || (requests as number) < 0 || (requests as number) > MOST_REQUESTS)
        return undefined;
      return { function: key, from, requests: requests as number };
    },
    subject: ({ function: key }) => key,
  },
  use: {
    read({ from, seq, function: key, limit, mode, keys }) {
      if (typeof key !== 'string' || !FUNCTION_KEY.test(key)) return undefined;
      if (typeof from !== 'string' || !UID.test(from)) return undefined;
      if (!Number.isSafeInteger(seq) || (seq as number) < 0) return undefined;
      if (typeof limit !== 'string' || !LIMIT.test(limit)) return undefined;
      if (typeof keys !== 'string' || !KEYS.test(keys)) return undefined;
      if (mode !== 'used' && mode !== 'state') return undefined;
      return { from, seq: seq as number, function: key, limit, mode, keys };
    },
    subject: ({ seq }) => String(seq),
  },
  alive: {
    read: ({ from }) => (typeof from === 'string' && UID.test(from) ? { from } : undefined),
    subject: ({ from }) => from,
  },
};

/** Longest line that is read, in bytes; without its end. */
export const MOST_LINE_BYTES = 1024;

/** The line, with its end, and what it is about. */
export function encodeHint<K extends HintKind>(kind: K, hint: HintKinds[K]): { subject: string; line: string } {
  return { subject: `${kind} ${KINDS[kind].subject(hint)}`, line: `${JSON.stringify({ kind, ...hint })}\n` };
}

/** `unknown`: of a kind that there is not, perhaps yet; `malformed`: of no kind at all, or not as its kind has to be. */
export function decodeHint(line: string): Hint | 'unknown' | 'malformed' {
  const fields = fieldsOf(line) ?? {};
  const { kind } = fields;
  if (typeof kind !== 'string') return 'malformed';
  if (!isKind(kind)) return 'unknown';
  const hint = KINDS[kind].read(fields);
  return hint === undefined ? 'malformed' : ({ kind, hint } as Hint);
}

function isKind(kind: string): kind is HintKind {
  return Object.hasOwn(KINDS, kind);
}

function fieldsOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
