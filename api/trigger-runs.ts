import { createHash } from 'node:crypto';

/** As part of an id it is shown, typed and sent as it stands. */
const PLAIN = /^[\w.:+-]{1,64}$/;
const DIGITS = 32;

/**
 * Id of the invocation that a value of the annotation `catnap.dev/run-now` asks for: the same for the same value, so that it is run
 * once. Of a value that is long or has other than letters, digits and `._:+-`, a digest stands for it.
 */
export function askedRunId(trigger: { namespace: string; name: string }, value: string): string {
  const part = PLAIN.test(value) ? value : createHash('sha256').update(value).digest('hex').slice(0, DIGITS);
  return `${trigger.namespace}/${trigger.name}@run-${part}`;
}
