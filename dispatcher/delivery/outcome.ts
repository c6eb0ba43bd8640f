import type { DeliveryAnswer } from '#api/invocations.ts';

/** What came of one delivery. */
export type Outcome =
  | {
      kind: 'answered';
      answer: DeliveryAnswer;
      /** Of the function's answer; a part of it where it was larger than asked for. */
      body: Uint8Array;
    }
  /** The function has certainly not begun, or was cut off by a gateway that leaves: the function is not to blame. */
  | { kind: 'undelivered'; note: string }
  /** It may have begun, or ended, and what came of it is lost. */
  | { kind: 'broken'; note: string };
