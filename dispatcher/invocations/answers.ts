/** What the store says to what people ask of one function. */
import type {
  ChangedInvocations,
  InvocationPage,
  RemovedInvocation,
  ShownInvocation,
} from '#api/invocations-for-people.ts';
import type { Entry, FunctionCounts, Page, Store } from '../store/store.ts';
import type { Asked, Selection } from './asked.ts';
import type { ReadBudget } from './read-budget.ts';
import { entryState, listed, shown } from './shown.ts';

export interface AnswersOptions {
  store: Pick<Store, 'list' | 'entry' | 'payload' | 'result' | 'counts' | 'cancel' | 'redrive' | 'forget'>;
  reads: ReadBudget;
  /** Invocations of the function with this uid wait again. */
  redriven: (uid: string) => void;
  /** It was cancelled. */
  cancelled: (id: string) => void;
  nowMs: () => number;
}

/** A refusal that only the store can know of. */
interface Unanswered {
  status: 404 | 409 | 429;
  error: 'InvocationNotFound' | 'NotBuried' | 'TooManyRequests';
  message: string;
}

/** The cursor that was shown is none of a page's. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

type Answer = InvocationPage | ShownInvocation | RemovedInvocation | ChangedInvocations | Unanswered;

/** Entries that one request changes. */
const CHANGED = 200;

/** Rejects with BadCursor, or with what the store rejects with. @param uid of the function named */
export function answerTo(options: AnswersOptions, asked: Asked, uid: string): Promise<Answer> {
  switch (asked.what) {
    case 'list':
      return list(options, asked, uid);
    case 'show':
      return show(options, asked, uid);
    case 'retry':
      return retry(options, asked.id, uid);
    case 'remove':
      return remove(options, asked.id, uid);
    case 'retryAll':
      return retryAll(options, asked, uid);
    case 'purge':
      return purge(options, asked, uid);
  }
}

async function list(
  { store, nowMs }: AnswersOptions,
  { limit, ...selection }: Selection & { limit: number },
  uid: string,
): Promise<InvocationPage> {
  const [counts] = await store.counts(uid);
  const { entries, cursor } = await pageOf(store, selection, { uid, limit });
  const items = entries.map((entry) => listed(entry, nowMs()));
  return { counts: countsOf(counts), items, ...(cursor !== undefined && { cursor }) };
}

async function show(
  { store, reads, nowMs }: AnswersOptions,
  { id, namespace }: { id: string; namespace: string },
  uid: string,
): Promise<ShownInvocation | Unanswered> {
  const entry = await ownEntry(store, id, uid);
  if (entry === undefined) return notFound(id);
  using place = reads.take(namespace, entry.bytes);
  if (place === undefined) {
    const message = `too many invocations of ${namespace} are read at once`;
    return { status: 429, error: 'TooManyRequests', message };
  }
  const [payload, kept] = await Promise.all([store.payload(id), store.result(id)]);
  return shown(entry, { payload, kept, nowMs: nowMs() });
}

async function retry(
  { store, redriven }: AnswersOptions,
  id: string,
  uid: string,
): Promise<ChangedInvocations | Unanswered> {
  const entry = await ownEntry(store, id, uid);
  if (entry === undefined) return notFound(id);
  const [isDone] = await store.redrive([id]);
  if (isDone !== true)
    return { status: 409, error: 'NotBuried', message: `${id} is not buried: only what was given up is sent again` };
  redriven(uid);
  return { changed: 1 };
}

async function remove(
  { store, cancelled }: AnswersOptions,
  id: string,
  uid: string,
): Promise<RemovedInvocation | Unanswered> {
  const entry = await ownEntry(store, id, uid);
  if (entry === undefined) return notFound(id);
  const [isCancelled] = await store.cancel([id]);
  if (isCancelled === true) {
    cancelled(id);
    return { id, removed: 'cancelled' };
  }
  const [isForgotten] = await store.forget([id]);
  return isForgotten === true ? { id, removed: 'forgotten' } : notFound(id);
}

async function retryAll(
  { store, redriven }: AnswersOptions,
  selection: Selection,
  uid: string,
): Promise<ChangedInvocations> {
  const { entries, cursor } = await pageOf(store, selection, { uid, limit: CHANGED });
  const changed = count(entries.length === 0 ? [] : await store.redrive(entries.map(({ id }) => id)));
  if (changed > 0) redriven(uid);
  return { changed, ...(cursor !== undefined && { cursor }) };
}

/** Open ones are cancelled before they are forgotten: their deliveries end for nothing. */
async function purge(
  { store, cancelled }: AnswersOptions,
  selection: Selection,
  uid: string,
): Promise<ChangedInvocations> {
  const { entries, cursor } = await pageOf(store, selection, { uid, limit: CHANGED });
  const open = entries.filter(({ state }) => state === 'waiting' || state === 'leased').map(({ id }) => id);
  if (open.length > 0) {
    const outcomes = await store.cancel(open);
    // The others have ended meanwhile, in their own way.
    for (const [at, id] of open.entries()) if (outcomes[at] === true) cancelled(id);
  }
  const changed = count(entries.length === 0 ? [] : await store.forget(entries.map(({ id }) => id)));
  return { changed, ...(cursor !== undefined && { cursor }) };
}

async function pageOf(
  store: Pick<Store, 'list'>,
  { state, cursor }: Selection,
  { uid, limit }: { uid: string; limit: number },
): Promise<Page> {
  try {
    return await store.list({ uid, ...(state !== 'all' && { state: entryState(state) }) }, { cursor, limit });
  } catch (cause) {
    if (cause instanceof RangeError) throw new BadCursor(cause.message, { cause });
    throw cause;
  }
}

/** Ids are one space for all functions: of another's nothing is said. */
async function ownEntry(store: Pick<Store, 'entry'>, id: string, uid: string): Promise<Entry | undefined> {
  const entry = await store.entry(id);
  return entry?.owner.uid === uid ? entry : undefined;
}

function countsOf(counts: FunctionCounts | undefined): InvocationPage['counts'] {
  const { waiting = 0, leased = 0, done = 0, buried = 0, cancelled = 0 } = counts ?? {};
  return { waiting, running: leased, done, buried, cancelled };
}

function count(outcomes: readonly boolean[]): number {
  return outcomes.filter((isDone) => isDone).length;
}

function notFound(id: string): Unanswered {
  const message = `there is no invocation ${id} of this function, or it is not kept any more`;
  return { status: 404, error: 'InvocationNotFound', message };
}
