/** The file of audit events. */
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '#platform/process/log.ts';
import type { AuditEvent } from './audit-event.ts';

/** Events, one a line. */
export class AuditLog implements Disposable {
  readonly #log: Log;
  #file: number | undefined;

  /** Appends to the file at `path`, which is made, with its folder, when it is not there. Readable by its owner alone. */
  constructor(path: string, log: Log) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a', 0o600);
    this.#log = log;
  }

  /**
   * The line is with the system, whole, when this returns: it outlives the death of this process. Some 30 µs. An event
   * that cannot be written, as on a full disk, keeps no request from its answer.
   */
  write(event: AuditEvent): void {
    if (this.#file === undefined) return;
    try {
      appendFileSync(this.#file, `${JSON.stringify(event)}\n`);
    } catch (error) {
      this.#log.error({ err: error, auditID: event.auditID }, 'audit event lost');
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
