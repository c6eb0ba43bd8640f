import { Environment } from '@marcbachmann/cel-js';
import type { Schema, ValidationRule } from '../../kind-schema.ts';
import { CelTypes } from './cel-types.ts';
import { addHasMacro, HAS_MACRO } from './has-macro.ts';
import { addAddressFunctions } from './library-addresses.ts';
import { addFormatFunctions } from './library-formats.ts';
import { addListFunctions } from './library-lists.ts';
import { addQuantityFunctions } from './library-quantities.ts';
import { addStringFunctions } from './library-strings.ts';
import { addVersionFunctions } from './library-versions.ts';
import { compilationFailed, nodesOf, overlookedMistake } from './mistakes.ts';
import { withPortablePatterns } from './patterns.ts';

/** A parsed expression of the library; `ast` is walked for what it names and costs. */
export type Expression = ReturnType<Environment['parse']>;

export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly expression: Expression;
  readonly messageExpression: Expression | undefined;
  /** It compares with the value before: a transition rule. */
  readonly usesOldSelf: boolean;
}
/** What is wrong with a rule itself. */
interface RuleMistake {
  index: number;
  field: 'rule' | 'messageExpression';
  detail: string;
}
interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly mistakes: readonly RuleMistake[];
}

function baseEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: true });
  addListFunctions(environment);
  addStringFunctions(environment);
  addQuantityFunctions(environment);
  addAddressFunctions(environment);
  addFormatFunctions(environment);
  addVersionFunctions(environment);
  addHasMacro(environment);
  return environment;
}
let base: Environment | undefined;

/** An environment of its own in which everything is known that expressions may call, and no variable. */
export function celEnvironment(): Environment {
  base ??= baseEnvironment();
  return base.clone();
}

/** The rules of one custom resource. */
export class RuleSet {
  readonly types: CelTypes;
  readonly #environment: Environment;
  readonly #compiled = new Map<Schema, CompiledRules>();

  constructor() {
    this.#environment = celEnvironment();
    this.types = new CelTypes(this.#environment);
  }

  /**
   * Names the types of all schemas that have rules. Has to be done before the first is compiled: compiling one fixes
   * what the environment knows.
   */
  declare(schemas: readonly Schema[]): void {
    for (const schema of schemas) this.types.nameOf(schema);
  }

  /** The rules of one schema; compiled once. Rules with a mistake are left out. */
  rulesOf(schema: Schema): CompiledRules {
    let compiled = this.#compiled.get(schema);
    if (compiled === undefined) {
      compiled = this.#compile(schema);
      this.#compiled.set(schema, compiled);
    }
    return compiled;
  }

  #compile(schema: Schema): CompiledRules {
    const rules: CompiledRule[] = [];
    const mistakes: RuleMistake[] = [];
    for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
      const environment = this.#environmentFor(schema, rule);
      const expression = compiledExpression(environment, rule.rule, 'bool');
      const message = rule.messageExpression;
      const messageExpression = message === undefined ? undefined : compiledExpression(environment, message, 'string');
      if (typeof expression === 'string') mistakes.push({ index, field: 'rule', detail: expression });
      else if (typeof messageExpression === 'string')
        mistakes.push({ index, field: 'messageExpression', detail: messageExpression });
      else rules.push({ rule, expression, messageExpression, usesOldSelf: names(expression.ast, 'oldSelf') });
    }
    return { rules, mistakes };
  }

  #environmentFor(schema: Schema, rule: ValidationRule): Environment {
    const type = this.types.nameOf(schema);
    return this.#environment
      .clone()
      .registerVariable('self', type)
      .registerVariable('oldSelf', rule.optionalOldSelf ? `optional<${type}>` : type);
  }
}

/** The expression of a rule, or what is wrong with it. */
function compiledExpression(environment: Environment, source: string, type: 'bool' | 'string'): Expression | string {
  const compiled = compileExpression(environment, source);
  if (typeof compiled === 'string') return compiled;
  if (compiled.type === type || compiled.type === 'dyn') return compiled.expression;
  return type === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string';
}

/** An expression and the type of its value (`dyn`: known when it is evaluated), or what is wrong with it. */
export function compileExpression(
  environment: Environment,
  source: string,
): { expression: Expression; type: string } | string {
  try {
    const expression = parsed(environment, source);
    const { valid, error, type = 'dyn' } = expression.check();
    if (!valid) return compilationFailed(source, error);
    const overlooked = overlookedMistake(source, expression.ast, (part) => environment.check(part).error);
    return overlooked ?? { expression, type };
  } catch (error) {
    return compilationFailed(source, error);
  }
}

/** Lists of `format` may be mixed, all others not. */
function parsed(environment: Environment, source: string): Expression {
  const mixes = /\.format\(\s*\[/.test(source);
  const own = mixes ? environment.clone({ homogeneousAggregateLiterals: false }) : environment;
  const expression = own.parse(source);
  withPortablePatterns(expression.ast);
  const { error } = expression.check();
  if (error === undefined || !/^has\(\) invalid/.test((error as { summary?: string }).summary ?? '')) return expression;
  return own.parse(source.replace(/\bhas\(/g, `${HAS_MACRO}(`));
}

/** Does an expression name a variable? */
function names(ast: unknown, variable: string): boolean {
  return nodesOf(ast).some(({ op, args }) => op === 'id' && args === variable);
}
