/** One request, as the audit log will tell of it. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from '../auth/users.ts';
import { type Attributes, isLongRunning } from '../authorization/attributes.ts';
import type { Decision } from '../authorization/authorizer.ts';
import type { Status } from '../status.ts';
import { type AuditEvent, auditEvent } from './audit-event.ts';
import type { AuditLog } from './audit-log.ts';

/** Filled in as a request is answered. Without a log it is filled in all the same, and nothing is written. */
export class AuditRecord {
  attributes: Attributes | undefined;
  user: User | undefined;
  impersonated: User | undefined;
  decision: Decision | undefined;
  /** What is to be said besides, by name. */
  readonly annotations = new Map<string, string>();
  readonly #log: Pick<AuditLog, 'write'> | undefined;
  readonly #now: () => number;
  readonly #request: IncomingMessage;
  readonly #receivedMs: number;
  readonly #id: string;
  readonly #sourceIP: string;

  /** @param now milliseconds since 1970 */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { log, now }: { log: Pick<AuditLog, 'write'> | undefined; now: () => number },
  ) {
    this.#request = request;
    this.#log = log;
    this.#now = now;
    this.#receivedMs = now();
    this.#sourceIP = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const given = request.headers['audit-id'];
    this.#id = log === undefined ? '' : typeof given === 'string' && given !== '' ? given : randomUUID();
    if (log !== undefined) response.setHeader('audit-id', this.#id);
  }

  /** The request has its answer. `status`: of a refusal. */
  complete(code: number, status?: Status): void {
    this.#write('ResponseComplete', code, status);
  }

  /** Tells of a response that is sent by and by: when it starts, if it may take long, and when it is over. */
  follow(response: ServerResponse): void {
    if (this.#log === undefined) return;
    const { statusCode } = response;
    if (this.attributes !== undefined && isLongRunning(this.attributes)) this.#write('ResponseStarted', statusCode);
    if (response.writableFinished || response.closed) this.complete(statusCode);
    else response.once('close', () => this.complete(statusCode));
  }

  #write(stage: AuditEvent['stage'], code: number, status?: Status): void {
    if (this.#log === undefined) return;
    const { attributes, user, impersonated, decision } = this;
    const { url = '', headers } = this.#request;
    const event = auditEvent({
      id: this.#id,
      stage,
      receivedMs: this.#receivedMs,
      nowMs: this.#now(),
      uri: url,
      sourceIP: this.#sourceIP,
      userAgent: headers['user-agent'] ?? '',
      attributes,
      user,
      impersonated,
      decision,
      code,
      status,
      annotations: this.annotations,
    });
    this.#log.write(event);
  }
}
