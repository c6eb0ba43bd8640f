/** Validation errors of one object, in the words of the real server. */

export const FIELD_ERROR_TYPES = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
} as const;
export type FieldErrorType = keyof typeof FIELD_ERROR_TYPES;

export interface FieldError {
  type: FieldErrorType;
  /** `spec.ports[0].name`; `<nil>` for the whole object. */
  field: string;
  /** Shown for Invalid, Duplicate and NotSupported. Absent: not shown. */
  value?: unknown;
  detail: string;
}

/** `spec.x: Invalid value: 3: must be …`: one error as a real server prints it. */
export function fieldErrorText(error: FieldError): string;
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** The same without the path: the message of a cause in a Status. */
export function fieldErrorBody(error: FieldError): string {
  return `${FIELD_ERROR_TYPES[error.type]}: ${error.detail}`;
}
