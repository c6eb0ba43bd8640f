import type { KnownPackage } from './versions.ts';

/** In the order in which they are offered; the first is the default. */
export const TEMPLATE_NAMES = ['hello', 'hono', 'webhook', 'worker', 'lambda', 'express'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

/** A function to begin with. */
export interface Template {
  name: TemplateName;
  /** One line, for who chooses. */
  description: string;
  /** What the function is bundled with. */
  dependencies: readonly KnownPackage[];
  /** What only its types need, beside those of every template. */
  devDependencies: readonly KnownPackage[];
  /** Contents by path, besides what is the same for all. */
  files: Readonly<Record<string, string>>;
  /** A line of the README on how to call it; `$URL` stands for its address. */
  call: string;
  /** Lines of the README on what has to be there first. Default: nothing. */
  before?: readonly string[];
}
