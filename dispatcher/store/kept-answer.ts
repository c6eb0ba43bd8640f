import type { AnswerHead } from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';

/** What a function answered, as the store keeps it as the result of an entry: one frame of its head and its body. */
export interface KeptAnswer {
  head: AnswerHead;
  body: Uint8Array;
}

export function writeAnswer({ head, body }: KeptAnswer): Uint8Array {
  return Buffer.concat(frameParts(head, body));
}

/** Undefined for what is no answer. */
export function readAnswer(result: Uint8Array): KeptAnswer | undefined {
  try {
    const [frame] = readFrames<AnswerHead>(result, 1);
    return frame && { head: frame.json, body: frame.first };
  } catch {
    return undefined;
  }
}
