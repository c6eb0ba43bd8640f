/** The events of a WebSocket. Node's own classes of these names would load its whole fetch implementation. */
import { guardedListener, type Listener } from '../call/guarded-listener.ts';

export class MessageEvent extends Event {
  readonly data: string | ArrayBuffer | Blob;

  constructor(data: string | ArrayBuffer | Blob) {
    super('message');
    this.data = data;
  }
}

export class CloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  /** Whether both sides have sent a close frame. */
  readonly wasClean: boolean;

  constructor({ code, reason, wasClean }: { code: number; reason: string; wasClean: boolean }) {
    super('close');
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

export class ErrorEvent extends Event {
  readonly error: unknown;
  readonly message: string;

  constructor(error: Error) {
    super('error');
    this.error = error;
    this.message = error.message;
  }
}

/** An EventTarget whose listeners' errors, and the rejections of what they return, are handed on; Node ends the process. */
export abstract class GuardedTarget extends EventTarget {
  readonly #guarded = new WeakMap<Listener, Listener>();

  protected abstract failed(error: unknown): void;

  override addEventListener(type: string, listener: Listener, options?: AddEventListenerOptions | boolean): void {
    super.addEventListener(type, this.#guard(listener), options);
  }

  override removeEventListener(type: string, listener: Listener, options?: EventListenerOptions | boolean): void {
    super.removeEventListener(type, this.#guarded.get(listener) ?? listener, options);
  }

  #guard(listener: Listener): Listener {
    const guarded = this.#guarded.get(listener) ?? guardedListener(this, listener, (error) => this.failed(error));
    this.#guarded.set(listener, guarded);
    return guarded;
  }
}
