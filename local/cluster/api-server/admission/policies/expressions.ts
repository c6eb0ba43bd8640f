/** The CEL of a policy: what its expressions may name, and what they come to. */
import type { Environment } from '@marcbachmann/cel-js';
import { celEnvironment, compileExpression, type Expression } from '../../../objects/crd/rules/compile.ts';
import { summaryOf } from '../../../objects/crd/rules/mistakes.ts';
import { type Fields, listOf, textOf } from '../../resources/fields.ts';
import { declareInputs, type PolicyInputs } from './inputs.ts';

/** An expression, ready to be evaluated or with what is wrong with it. */
export interface PolicyExpression {
  readonly source: string;
  readonly expression?: Expression;
  readonly mistake?: string;
}

interface Variable extends PolicyExpression {
  readonly name: string;
}

/** What expressions call `variables`: each is evaluated when it is first named. */
class Variables {
  [name: string]: unknown;
}

export interface CompiledPolicy {
  readonly variables: readonly Variable[];
  readonly matchConditions: readonly PolicyExpression[];
  readonly validations: readonly { validation: Fields; expression: PolicyExpression; message?: PolicyExpression }[];
  readonly auditAnnotations: readonly { key: string; value: PolicyExpression }[];
}

/** @param spec of a ValidatingAdmissionPolicy */
export function compilePolicy(spec: Fields): CompiledPolicy {
  const { variables, environment } = compiledVariables(listOf(spec, 'variables'));
  const compiled = (source: string, ...types: string[]) => compile(environment, source, types);
  return {
    variables,
    matchConditions: listOf(spec, 'matchConditions').map((condition) =>
      compiled(textOf(condition, 'expression').trim(), 'bool'),
    ),
    validations: listOf(spec, 'validations').map((validation) => {
      const message = textOf(validation, 'messageExpression');
      const expression = compiled(textOf(validation, 'expression'), 'bool');
      return { validation, expression, ...(message === '' ? {} : { message: compiled(message, 'string') }) };
    }),
    auditAnnotations: listOf(spec, 'auditAnnotations').map((annotation) => ({
      key: textOf(annotation, 'key'),
      value: compiled(textOf(annotation, 'valueExpression'), 'string', 'null'),
    })),
  };
}

/** Each variable may name those before it; expressions may name all. */
function compiledVariables(wishes: readonly Fields[]): { variables: Variable[]; environment: Environment } {
  const types: { [name: string]: string } = {};
  let environment = environmentWith(types);
  const variables = wishes.map((wish): Variable => {
    const name = textOf(wish, 'name');
    const source = textOf(wish, 'expression');
    const compiled = compileExpression(environment, source);
    types[name] = typeof compiled === 'string' ? 'dyn' : compiled.type;
    environment = environmentWith(types);
    return typeof compiled === 'string' ? { name, source, mistake: compiled } : { name, source, ...compiled };
  });
  return { variables, environment };
}

const VARIABLES = 'kubernetes.variables';

function environmentWith(variableTypes: { [name: string]: string }): Environment {
  return declareInputs(celEnvironment())
    .registerType(VARIABLES, { ctor: Variables, fields: { ...variableTypes } })
    .registerVariable('variables', VARIABLES);
}

function compile(environment: Environment, source: string, types: readonly string[]): PolicyExpression {
  const compiled = compileExpression(environment, source);
  if (typeof compiled === 'string') return { source, mistake: compiled };
  if (types.includes(compiled.type)) return { source, expression: compiled.expression };
  const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`;
  return { source, mistake: `must evaluate to ${wanted} but got ${compiled.type}` };
}

/** What went wrong in evaluating an expression. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** The expressions of a policy over one change. */
export class Evaluation {
  readonly #known: PolicyInputs & { variables: Variables };

  constructor({ variables }: CompiledPolicy, inputs: PolicyInputs) {
    const values = new Variables();
    this.#known = { ...inputs, variables: values };
    for (const variable of variables) {
      Object.defineProperty(values, variable.name, { get: this.#once(variable), enumerable: true });
    }
  }

  /** Throws a PolicyError. */
  valueOf({ source, expression, mistake }: PolicyExpression): unknown {
    if (expression === undefined) throw new PolicyError(`compilation error: ${mistake}`);
    try {
      return expression(this.#known);
    } catch (error) {
      throw new PolicyError(`expression '${source}' resulted in error: ${wording(error)}`, { cause: error });
    }
  }

  #once({ name, expression, mistake }: Variable): () => unknown {
    let evaluated: { value: unknown } | { error: unknown } | undefined;
    const evaluate = () => {
      try {
        if (expression === undefined)
          return { error: new Error(`composited variable "${name}" fails to compile: ${mistake}`) };
        return { value: expression(this.#known) as unknown };
      } catch (error) {
        return { error: new Error(`composited variable "${name}" fails to evaluate: ${wording(error)}`) };
      }
    };
    return () => {
      evaluated ??= evaluate();
      if ('error' in evaluated) throw evaluated.error;
      return evaluated.value;
    };
  }
}

function wording(error: unknown): string {
  return summaryOf(error)
    .replace(/^No such key: index out of bounds, index (\d+).*$/, 'index out of bounds: $1')
    .replace(/^No such key: /, 'no such key: ')
    .replace(/^(no such overload|found no matching overload).*$/, 'no such overload');
}
