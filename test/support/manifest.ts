import type { z } from 'zod';
import type { FunctionSpec } from '#api/function.ts';
import { API_VERSION, KIND } from '#api/names.ts';

export type SpecInput = z.input<typeof FunctionSpec>;

/** A Function as a user writes it. */
export interface Manifest {
  apiVersion: typeof API_VERSION;
  kind: typeof KIND;
  metadata: { name: string; namespace: string };
  spec: SpecInput;
}

export const HELLO = `export default (request: Request) => ({ hello: new URL(request.url).searchParams.get('name') ?? 'world' });\n`;

/**
 * A Function that runs `source`, with `spec` over it. Sleeps after two seconds, so that tests are short, and starts with its
 * first request: most tests are about that start.
 */
export function manifest(namespace: string, name: string, source: string, spec: Partial<SpecInput> = {}): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace },
    spec: { source: { inline: source }, ...spec, scaling: { idleSeconds: 2, tryOnChange: false, ...spec.scaling } },
  };
}
