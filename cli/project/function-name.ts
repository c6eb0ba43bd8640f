import { FUNCTION_NAME_MAX_LENGTH } from '#api/names.ts';

/** A Function's name made of a package's or folder's, without its scope: `@acme/Shop_API` is `shop-api`. Undefined: nothing is left of it. Pure. */
export function functionName(text: string): string | undefined {
  const own = text.slice(text.lastIndexOf('/') + 1).toLowerCase();
  const label = own
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, FUNCTION_NAME_MAX_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? undefined : label;
}
