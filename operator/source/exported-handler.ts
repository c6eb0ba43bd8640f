import { METHOD_EXPORTS, OWN_SERVER_ADVICE, type Signature } from '#api/names.ts';
import { SourceError } from './source-error.ts';

/** What a Function says of its handler. */
export interface WantedHandler {
  /** `default`: not named. */
  handler: string;
  signature: Signature;
}

/** What can be seen of a module without running it. */
export interface Exported {
  /** The file. */
  entry: string;
  names: readonly string[];
  /** `module.exports` is known only when it runs. */
  isCommonJs: boolean;
  /** It has the look of a program that listens by itself. */
  startsServer?: boolean;
  /** It imports the Functions Framework, by which functions register themselves. */
  mayRegister: boolean;
}

/**
 * Throws a SourceError where the runtime is bound to find no handler. What only shows when the module runs is left to
 * the runtime, which says the same then.
 */
export function requireHandler(exported: Exported, wanted: WantedHandler): void {
  const { entry, names, isCommonJs, mayRegister } = exported;
  // Bundled beforehand of a CommonJS module.
  const wasCommonJs = names.includes('module.exports');
  if (isCommonJs || wasCommonJs || mayRegister || mayHave(names, wanted)) return;
  const exports = names.length === 0 ? 'it exports nothing' : `it exports: ${names.join(', ')}`;
  const there = names.length === 0 || exported.startsServer ? `${exports}; ${OWN_SERVER_ADVICE}` : exports;
  const { handler, signature } = wanted;
  throw new SourceError(
    'HandlerNotFound',
    handler === 'default'
      ? `${entry} has no default export${alsoLooked(signature)}; ${there}. Export the handler as default, or name its export in spec.handler`
      : `${entry} has no export "${handler}"; ${there}. Export it, or name another in spec.handler`,
  );
}

function mayHave(names: readonly string[], { handler, signature }: WantedHandler): boolean {
  if (handler !== 'default') return names.includes(handler.split('.')[0] ?? '');
  if (names.includes('default')) return true;
  if (signature === 'auto' && names.includes('handler')) return true;
  if (signature === 'auto' || signature === 'fetch') return names.some((name) => METHOD_EXPORTS.includes(name));
  // Of these the only function among the exports is taken.
  return names.length > 0;
}

function alsoLooked(signature: Signature): string {
  if (signature === 'auto') return ', no export "handler" and registers no function';
  return signature === 'fetch' ? '' : ` and no other function for signature ${signature}`;
}
