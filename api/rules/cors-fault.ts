/** What of `spec.cors` says nothing, or more than it may. */

export interface CorsSpec {
  readonly origins: readonly string[];
  /** Undefined: all. */
  readonly methods?: readonly string[] | undefined;
  /** Undefined: all. */
  readonly headers?: readonly string[] | undefined;
  readonly exposedHeaders?: readonly string[] | undefined;
  readonly credentials?: boolean | undefined;
  readonly maxAgeSeconds?: number | undefined;
}

/** Undefined: it says something. */
export function corsFault(spec: CorsSpec | undefined): string | undefined {
  if (spec === undefined) return undefined;
  if (!Array.isArray(spec.origins)) return 'spec.cors.origins: there is none';
  if (spec.credentials === true && spec.origins.includes('*')) {
    return 'spec.cors.credentials: with the origin * every page could ask in the name of its reader; name the origins';
  }
  return undefined;
}
