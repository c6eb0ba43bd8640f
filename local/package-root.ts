import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** Root of the package that this is in: of the checkout, or of the installed `catnap`. */
export const ROOT = dirname(findPackageJSON(import.meta.url) as string);

/** Whether this is TypeScript of a checkout, or what was built of it. */
export const IS_BUILT = import.meta.filename.endsWith('.mjs');
