import type { TestEvent } from 'node:test/reporters';
import { listNotChecked } from '../platform/testing/not-checked.ts';

const MARK = /^not checked[:, ]*/;

/** Lists what a test was skipped for, or said in a diagnostic that it did not check. */
export function noteNotChecked({ type, data }: TestEvent): void {
  if (type === 'test:diagnostic' && MARK.test(data.message)) listNotChecked(data.message.replace(MARK, ''));
  if (type !== 'test:pass' || data.skip === undefined || data.skip === false) return;
  listNotChecked(typeof data.skip === 'string' ? `${data.skip.replace(MARK, '')}: ${data.name}` : data.name);
}

/** A reporter of node:test, which takes it as the default export alone. It prints nothing. */
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) noteNotChecked(event);
  yield '';
}
