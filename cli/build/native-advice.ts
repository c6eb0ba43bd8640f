/** The way out where code needs more than a module. */
export const NATIVE_ADVICE =
  'Build an image FROM the Catnap runtime image with the package in it and give that as spec.image (docs/handlers/packages.md)';
