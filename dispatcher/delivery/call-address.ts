import { readHead } from '../destinations/entry-head.ts';
import { type Called, callUrl } from '../destinations/url-delivery.ts';
import type { Payload } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import type { Outcome } from './outcome.ts';

interface Calling {
  url: string;
  payload: Payload;
  /** Most that the function keeps of an answer. */
  maxBytes: number;
  signal: AbortSignal;
}

/** Most that is kept of an address' answer: many may be read at once, and of most only the status counts. */
const MOST_BYTES = 64 * 1_024;
/** Of a request to a function, what is not said to an address. */
const NOT_SAID = ['host'];

/** The delivery of an entry that is for an address. Never rejects. */
export async function callAddress(
  { payload, ...call }: Calling,
  { addresses, clock }: Pick<DeliveryParts, 'addresses' | 'clock'>,
): Promise<Outcome> {
  const fields = readHead(payload.head).request?.headers ?? [];
  const headers = fields.filter((_, at) => !NOT_SAID.includes((fields[at - (at % 2)] ?? '').toLowerCase()));
  const maxBytes = Math.min(call.maxBytes, MOST_BYTES);
  return outcomeOf(await callUrl({ ...call, maxBytes, headers, body: payload.body }, { ...addresses, clock }));
}

function outcomeOf(called: Called): Outcome {
  if (called.kind === 'failed') return { kind: 'broken', note: called.note };
  if (called.kind === 'refused') return { kind: 'refused', note: called.note, reason: 'NotAllowed' };
  const { host, status, headers, body, truncated } = called;
  const answer = { by: 'function', started: true, answer: { status, headers, truncated } } as const;
  return { kind: 'answered', answer, body, from: `the destination ${host}` };
}
