import fc from 'fast-check';
import type { Lease, Limits, ListFilter, NewEntry, Settlement } from '../store.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A lease is named by its number among all that the history has given so far, modulo that: lost ones are tried as well. */
export type Step =
  | { do: 'enqueue'; batch: NewEntry[]; cursors: [key: string, value: string | undefined][] }
  | { do: 'cursors'; prefix: string; after: string | undefined }
  | { do: 'lease'; room: [uid: string, places: number][]; leaseMs: number }
  | { do: 'extend'; leases: number[]; leaseMs: number }
  | { do: 'settle'; leases: [lease: number, settlement: Without<Settlement, keyof Lease>][] }
  | { do: 'cancel' | 'redrive' | 'forget' | 'payloads'; ids: string[] }
  | { do: 'cancelByOwner'; uid: string }
  | { do: 'list'; filter: ListFilter; limit: number }
  | { do: 'wait'; ms: number };

/** Steps of several callers, none of which waits for the others' answers; or the store ends and is opened again. */
export type Burst = Step[] | 'restart';

/** So tight that most histories come upon them. */
export const TIGHT_LIMITS: Limits = {
  perFunction: { entries: 4, bytes: 40 },
  perNamespace: { entries: 6, bytes: 60 },
  results: { entries: 3, bytes: 24, ageMs: 50 },
  buried: { entries: 2, bytes: 30, ageMs: 90 },
};

/** The first two have had the same name, one after the other. */
const OWNERS = [
  { uid: 'uid-b', namespace: 'one', name: 'hello' },
  { uid: 'uid-a', namespace: 'one', name: 'hello' },
  { uid: 'uid-c', namespace: 'two', name: 'hello' },
];
export const UIDS: readonly string[] = OWNERS.map(({ uid }) => uid);
export const IDS: readonly string[] = [
  ...Array.from({ length: 10 }, (_, number) => `tick@${number}`),
  "'; DROP TABLE entries; --",
  'é\u0000ü',
];

const uid = fc.constantFrom(...UIDS);
const id = fc.constantFrom(...IDS);
const leaseMs = fc.constantFrom(5, 20, 60);
const bytes = fc.uint8Array({ maxLength: 14 });
const timeMs = fc.integer({ min: 0, max: 200 });
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 4 });
/** In half of all cases there is none. */
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined, freq: 2 });

const newEntry: fc.Arbitrary<NewEntry> = fc.record({
  id,
  owner: fc.constantFrom(...OWNERS),
  head: fc.constant(new Uint8Array([0, 255])),
  body: bytes,
  orderingKey: maybe(fc.constantFrom('left', 'right')),
  dedup: maybe(fc.record({ key: fc.constantFrom('k1', 'k2'), fingerprint: fc.constantFrom('f1', 'f2') })),
  notBeforeMs: maybe(timeMs),
});

const cursorKey = fc.constantFrom('a/1', 'a/2', 'ab', 'b', 'B', '~', 'a%', "a'");
const cursors = fc.array(fc.tuple(cursorKey, maybe(fc.constantFrom('', '7', '{"at":1}', '\u0000'))), { maxLength: 3 });

const note = maybe(fc.constantFrom('it answered 500', ''));
const settlement = fc.oneof(
  fc.record({
    outcome: fc.constantFrom('done', 'buried'),
    note,
    result: maybe(bytes),
    keepMs: maybe(fc.constantFrom(0, 5, 200)),
    followUps: fc.option(fc.array(newEntry, { maxLength: 3 }), { nil: undefined, freq: 1 }),
  }),
  fc.record({ outcome: fc.constant('again'), note, notBeforeMs: timeMs, counts: fc.boolean() }),
);
const filter = fc.record(
  {
    namespace: fc.constantFrom('one', 'two'),
    uid,
    state: fc.constantFrom('waiting', 'leased', 'done', 'buried', 'cancelled'),
  },
  { requiredKeys: [] },
);
const room = fc.uniqueArray(fc.tuple(uid, fc.nat({ max: 4 })), {
  minLength: 1,
  maxLength: 3,
  selector: ([one]) => one,
});
const lease = fc.nat({ max: 40 });

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('enqueue'), batch: few(newEntry), cursors }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lease'), room, leaseMs }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle'), leases: few(fc.tuple(lease, settlement)) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 5, 6, 20, 50, 90) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('extend'), leases: few(lease), leaseMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel', 'forget'), ids: few(id) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('redrive'), ids: few(id) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancelByOwner'), uid }) },
) as fc.Arbitrary<Step>;

const list = fc.record({
  do: fc.constant('list' as const),
  filter,
  limit: fc.integer({ min: 1, max: 3 }),
}) as fc.Arbitrary<Step>;

const cursorKeys = fc.record({
  do: fc.constant('cursors' as const),
  prefix: fc.constantFrom('', 'a', 'a/', 'a%', 'z'),
  after: maybe(cursorKey),
});

const payloads = fc.record({ do: fc.constant('payloads' as const), ids: few(id) });

export const histories: fc.Arbitrary<Burst[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.array(step, { minLength: 1, maxLength: 4 }) },
    // A list is several calls: what happens between two pages may be seen or not. What only reads may come before others asked first.
    { weight: 1, arbitrary: fc.tuple(fc.oneof(list, payloads, cursorKeys)) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  { minLength: 4, maxLength: 24, size: 'max' },
);
