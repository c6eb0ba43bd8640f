import type { DeliveryAnswer, RunningDelivery } from '#api/invocations.ts';
import { FrameError, readFrames } from '#api/rules/frame.ts';

/** Fields of an answer, name and value counted apart: more than any server sends. Of an answer with more none is kept. */
const MOST_FIELDS = 2_000;
/** HTTP knows those below 600, and functions answer what they like. */
const MOST_STATUS = 999;
const MOST_CODE = 64;
const MOST_RUNNING = 10_000;

export type ListedDelivery = Pick<RunningDelivery, 'id' | 'epoch' | 'uid'>;

interface ReadAnswer {
  answer: DeliveryAnswer;
  body: Uint8Array;
}

/** The one frame that a gateway answers a delivery with. Throws a FrameError for anything else. */
export function readDeliveryAnswer(bytes: Uint8Array): ReadAnswer {
  const [frame] = readFrames<unknown>(bytes, 1);
  if (frame === undefined) throw new FrameError('it is empty');
  return { answer: deliveryAnswer(frame.json), body: frame.first };
}

function deliveryAnswer(json: unknown): DeliveryAnswer {
  const { by, code, started, answer } = record(json);
  const { status, headers, truncated } = record(answer);
  if (by !== 'function' && by !== 'gateway') throw new FrameError('by whom the answer is, it does not say');
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > MOST_STATUS)
    throw new FrameError('its status is none');
  if (!isFields(headers)) throw new FrameError('its headers are none');
  const said = typeof code === 'string' ? { code: code.slice(0, MOST_CODE) } : {};
  // Where it does not say, the function may have begun.
  const isLong = headers.length > MOST_FIELDS;
  const head = { status, headers: isLong ? [] : headers, truncated: isLong || truncated === true };
  return { by, ...said, started: started !== false, answer: head };
}

/** The deliveries that a gateway says it has. Throws a FrameError for what is no list of them. */
export function readRunning(text: string): ListedDelivery[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('it is no JSON', { cause });
  }
  if (!Array.isArray(json)) throw new FrameError('it is no list');
  return json.slice(0, MOST_RUNNING).map((one) => {
    const { id, epoch, uid } = record(one);
    if (typeof id !== 'string' || typeof uid !== 'string' || !Number.isSafeInteger(epoch))
      throw new FrameError('one of them is no delivery');
    return { id, epoch: epoch as number, uid };
  });
}

function record(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new FrameError('it is no object');
  return json as Record<string, unknown>;
}

function isFields(headers: unknown): headers is string[] {
  return Array.isArray(headers) && headers.length % 2 === 0 && headers.every((field) => typeof field === 'string');
}
