import type { DeliveryAnswer } from '#api/invocations.ts';

/** Why an entry was given up: by the answer, the last attempt, its age, what leads to it, or where it would go. */
export type BuriedReason = 'Refused' | 'AttemptsUsedUp' | 'TooOld' | 'ChainTooLong' | 'NotAllowed';

/** What came of one delivery. */
export type Outcome =
  | {
      kind: 'answered';
      answer: DeliveryAnswer;
      /** Of the function's answer; a part of it where it was larger than asked for. */
      body: Uint8Array;
      /** Who answered, for people, where that was no function. */
      from?: string;
    }
  /** The function has certainly not begun, or was cut off by a gateway that leaves: the function is not to blame. */
  | { kind: 'undelivered'; note: string }
  /** It may have begun, or ended, and what came of it is lost. */
  | { kind: 'broken'; note: string }
  /** It is of no use to try it again. */
  | { kind: 'refused'; note: string; reason: BuriedReason };
