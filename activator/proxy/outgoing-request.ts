import { HEADER } from '#api/names.ts';
import type { Timeouts } from '../routing/function-config.ts';
import type { BodyFraming } from '../upstream/upstream-stream.ts';
import type { Outbound } from './attempt.ts';
import type { RequestHeaders } from './headers.ts';
import type { RequestBody } from './request-body.ts';
import { takeOut } from './withheld-fields.ts';

const EXPECTS = ['expect', '100-continue'];

/** What a request's head says. */
interface RequestHead {
  readonly method: string;
  readonly requestId: string;
  readonly headers: RequestHeaders;
  /** The protocol to switch to, or null. */
  readonly upgrade: string | null;
}

/** What is sent to a replica: the same at each try, but for what the replica is asked to wait for. */
export class OutgoingRequest implements RequestHead, Outbound {
  readonly method: string;
  readonly requestId: string;
  readonly headers: RequestHeaders;
  readonly upgrade: string | null;
  path = '/';
  /** Undefined: there is none. */
  body: RequestBody | undefined;
  /** How long the request may wait at the replica for a place there; 0: not at all. */
  waitMs = 0;
  sentTwice = false;
  /** Its own time limits; undefined: the function's hold. */
  timeouts: Timeouts | undefined;
  /** How long the replica has had it, in milliseconds, as it is noted of the request. */
  record: { readonly functionMs: number } | undefined;

  constructor(method: string, requestId: string, headers: RequestHeaders, upgrade: string | null) {
    this.method = method;
    this.requestId = requestId;
    this.headers = headers;
    this.upgrade = upgrade;
  }

  /**
   * Before it is sent.
   * @param withheld names, in lower case, of headers and trailers that are taken out; see `takeOut`
   * @param given headers that are put in; name, value, …
   */
  exchangeHeaders(withheld: readonly string[], given: readonly string[]): void {
    const { headers } = this.headers;
    if (withheld.length > 0) {
      this.body?.withhold(withheld);
      takeOut(headers, withheld);
    }
    if (given.length > 0) headers.push(...given);
  }

  get sentForMs(): number {
    return this.record?.functionMs ?? 0;
  }

  get framing(): BodyFraming {
    if (this.body === undefined) return 'none';
    return this.headers.bodyBytes === undefined ? 'chunked' : 'length';
  }

  get outHeaders(): readonly string[] {
    const { headers } = this.headers;
    const awaited = this.body?.awaited === true;
    if (!awaited && this.waitMs === 0) return headers;
    const patience = this.waitMs > 0 ? [HEADER.waitMs, String(this.waitMs)] : [];
    return [...headers, ...(awaited ? EXPECTS : []), ...patience];
  }
}
