import * as z from 'zod';
import { BYTE_QUANTITY } from './byte-quantity.ts';

/** Pieces that the schemas of a Function's parts are put together from. */

/** A CEL rule on the schema node it is put on; the API server evaluates it at every write. */
export interface Rule {
  rule: string;
  message: string;
  fieldPath?: string;
}
export const rules = (...list: Rule[]) => ({ 'x-kubernetes-validations': list });

export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
export const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const objectName = (what: string) =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(DNS_SUBDOMAIN)
    .meta({ description: `Name of the ${what}, in the function's namespace.` });

export const quantity = z.union([z.int().min(0), z.string()]).meta({
  'x-kubernetes-int-or-string': true,
  minimum: 0,
  maxLength: 40,
  pattern: '^([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$',
  description: 'A quantity such as 50m, 64Mi or 1.',
});

/** Bytes, as an integer or as a quantity; `bytesIn` reads it. */
export const byteQuantity = z.union([z.int().min(0), z.string().max(20).regex(BYTE_QUANTITY)]).meta({
  'x-kubernetes-int-or-string': true,
  minimum: 0,
  maxLength: 20,
  pattern: BYTE_QUANTITY.source,
});

export const quantities = z.record(z.string().max(63), quantity);
