/** Validation errors of one object, in the words of the real server. */
import { RequestError } from './request-error.ts';

const TITLES = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooShort: 'Too short',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
} as const;
export type FieldErrorType = keyof typeof TITLES;

/** Types whose message shows the value. */
const SHOWS_VALUE: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  'FieldValueInvalid',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueNotFound',
  'FieldValueDuplicate',
  'FieldValueTooMany',
  'FieldValueTooFew',
]);

export interface FieldError {
  type: FieldErrorType;
  /** `spec.ports[0].name`; `<nil>` for the whole object. */
  field: string;
  /** Shown for some types; null is shown as `null`, an absent one not at all. */
  value?: unknown;
  /** May be empty. */
  detail: string;
}

/** `spec.x: Invalid value: 3: must be …`: one error as a real server prints it. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** The same without the path: the message of a cause in a Status. */
function fieldErrorBody({ type, value, detail }: FieldError): string {
  const shown = value === undefined || !SHOWS_VALUE.has(type) ? '' : `: ${shownValue(value)}`;
  return `${TITLES[type]}${shown}${detail === '' ? '' : `: ${detail}`}`;
}

/** Lists and objects are shown as the server's JSON has them, which is safe inside HTML. */
function shownValue(value: unknown): string {
  const text = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return text;
  return text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

/** 422 Invalid with a cause per error: `Thing.example.org "x" is invalid: [a, b]`. */
export function invalidObject(
  { group, kind }: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): RequestError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const what = `${group === '' ? kind : `${kind}.${group}`} ${JSON.stringify(name)} is invalid`;
  const causes = errors.map((error) => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }));
  return new RequestError(422, 'Invalid', texts.length === 0 ? what : `${what}: ${list}`, causes);
}
