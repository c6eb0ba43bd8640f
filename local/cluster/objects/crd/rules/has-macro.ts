import type { Environment } from '@marcbachmann/cel-js';
import type { AstNode } from './mistakes.ts';

/** What `has` is called where the library's own, which knows only names and dots, does not do: `has(self.list[0].a)`. */
export const HAS_MACRO = 'hasField';

interface TypeChecker {
  check(node: AstNode, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: AstNode): Error;
}
interface Evaluator {
  run(node: AstNode, context: unknown): unknown;
}
interface Macro {
  args: [AstNode];
}

export function addHasMacro(environment: Environment): void {
  environment.registerFunction(`${HAS_MACRO}(ast): bool`, ({ args }: Macro) => ({
    args,
    async: false,
    typeCheck(checker: TypeChecker, { args: [field] }: Macro, context: unknown) {
      if (field.op !== '.')
        throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', field);
      checker.check(field, context);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, { args: [field] }: Macro, context: unknown) {
      const [of, name] = field.args as [AstNode, string];
      const value = evaluator.run(of, context);
      return typeof value === 'object' && value !== null && (value as Record<string, unknown>)[name] !== undefined;
    },
  }));
}
