/** How esbuild ends a module whose entry is CommonJS. */
const DEFAULT_ONLY = /export default ([\w$]+\(\));?\s*$/;

/**
 * An ES module made of a CommonJS one exports `module.exports` by that name too, as Node has it: so that it is known that the
 * handler may be any of its properties. No line moves. Pure. @param code as esbuild prints it
 */
export function withModuleExports(code: string): string {
  return code.replace(
    DEFAULT_ONLY,
    (_, required) => `var $exports = ${required};export { $exports as default, $exports as "module.exports" };\n`,
  );
}
