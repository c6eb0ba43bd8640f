import * as z from 'zod';
import { type FunctionObject, FunctionSpec } from '#api/function.ts';

/** A Function whose spec was read through the schema, or the mistakes in it. */
export type ValidatedFunction = { fn: FunctionObject } | { mistakes: string };

const checked = new WeakMap<FunctionObject, ValidatedFunction>();

/**
 * Reads the spec through the schema, once per object. The API server has checked it already: a mistake means that it
 * knows another version of the CRD.
 */
export function validateFunction(stored: FunctionObject): ValidatedFunction {
  const known = checked.get(stored);
  if (known !== undefined) return known;
  const spec = FunctionSpec.safeParse(stored.spec);
  const result = spec.success ? { fn: { ...stored, spec: spec.data } } : { mistakes: z.prettifyError(spec.error) };
  checked.set(stored, result);
  return result;
}

/** `kept` is of a Function that was checked, and has what is left of its spec. */
export function rememberValidation(kept: FunctionObject, result: ValidatedFunction): void {
  checked.set(kept, result);
}
