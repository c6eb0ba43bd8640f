import type { StoredRequest } from '#api/invocations.ts';
import { GROUP, PLURAL, VERSION } from '#api/names.ts';
import type { KeptAnswer } from '../store/kept-answer.ts';
import { shownBody, shownHeaders } from '../store/shown-content.ts';
import type { Owner } from '../store/store.ts';

/** Which of its destinations is told. */
export type When = 'onSuccess' | 'onFailure';

/** An entry that has ended. */
export interface Ended {
  id: string;
  owner: Owner;
  when: When;
  /** Of those that count, the last one included. */
  attempts: number;
  /** In one word, why it ended so. */
  reason: string;
  note: string | undefined;
  /** Since 1970. */
  atMs: number;
  /** Undefined: it cannot be read. */
  request: StoredRequest | undefined;
  body: Uint8Array;
  /** What is kept of the answer; undefined: there was none. */
  answer: KeptAnswer | undefined;
}

/** Of each of both bodies. */
const MOST_BODY_BYTES = 64 * 1_024;
const TYPES = { onSuccess: 'dev.catnap.invocation.succeeded', onFailure: 'dev.catnap.invocation.failed' } as const;

/** The CloudEvent, in JSON, that says how an entry ended: at most some 2 MB, where bodies are all control characters. */
export function destinationEvent(ended: Ended): Uint8Array {
  const { id, owner, when, attempts, reason, note, atMs, answer } = ended;
  const event = {
    specversion: '1.0',
    id: `${id}/${when}`,
    source: `/apis/${GROUP}/${VERSION}/namespaces/${owner.namespace}/${PLURAL}/${owner.name}`,
    type: TYPES[when],
    subject: owner.name,
    time: new Date(atMs).toISOString(),
    datacontenttype: 'application/json',
    data: {
      invocation: id,
      ...(ended.request && { request: requestIn(ended.request, ended.body) }),
      ...(answer && { response: responseIn(answer) }),
      condition: { attempts, reason, ...(note !== undefined && { note }) },
    },
  };
  return Buffer.from(JSON.stringify(event));
}

function requestIn({ method, path, headers }: StoredRequest, body: Uint8Array) {
  const shown = shownBody(body, { wasCut: false, mostBytes: MOST_BODY_BYTES });
  return { method, path, headers: shownHeaders(headers), ...shown };
}

function responseIn({ head: { status, headers, truncated }, body }: KeptAnswer) {
  const shown = shownBody(body, { wasCut: truncated, mostBytes: MOST_BODY_BYTES });
  return { status, headers: shownHeaders(headers), ...shown };
}
