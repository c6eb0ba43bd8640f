import type { DispatcherRefusal } from '#api/invocations.ts';
import { StoreError } from '../store/store.ts';

/** Why a gateway's request is not answered as it was meant. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  get body(): DispatcherRefusal {
    return { code: this.code, message: this.message };
  }
}

/** What the gateway is told of any error. What it may try again later is 503. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreError) return new Refusal(503, error.code, error.message);
  return new Refusal(500, 'InternalError', 'the dispatcher failed; its log says why');
}
