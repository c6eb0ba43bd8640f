import { Environment } from '@marcbachmann/cel-js';

interface OptionalValues {
  of(value: unknown): unknown;
  none(): unknown;
}

let values: OptionalValues | undefined;

/** A value of CEL's optional type; undefined: none. */
export function optionalValue(value: unknown): unknown {
  // The library does not export the class; its own expression makes the first one.
  values ??= (
    new Environment({ enableOptionalTypes: true }).evaluate('optional.none()', {}) as { constructor: OptionalValues }
  ).constructor;
  return value === undefined ? values.none() : values.of(value);
}
