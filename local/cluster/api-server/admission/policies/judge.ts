/** What one policy says of one change. */
import { textOf } from '../../resources/fields.ts';
import { type CompiledPolicy, Evaluation, type PolicyError, type PolicyExpression } from './expressions.ts';
import type { PolicyInputs } from './inputs.ts';

export interface Objection {
  message: string;
  /** `Forbidden`, `Invalid`…; empty: it could not be found out. */
  reason: string;
  /** Of the validation; 0 when it is none of one. */
  index: number;
}

export interface Judgement {
  /** Empty: nothing speaks against the change. */
  objections: readonly Objection[];
  /** What the audit event shall say, by key. */
  annotations: ReadonlyMap<string, string>;
}

const NOTHING: Judgement = { objections: [], annotations: new Map() };
const LONGEST_MESSAGE_BYTES = 5 * 1024;
const LONGEST_ANNOTATION = 10 * 1024;

/** @param failurePolicy what an expression that fails means: `Fail` that it objects, `Ignore` that it does not */
export function judge(policy: CompiledPolicy, inputs: PolicyInputs, failurePolicy: string): Judgement {
  const evaluation = new Evaluation(policy, inputs);
  const tried = (expression: PolicyExpression) => attempt(evaluation, expression);
  const objecting = (errors: readonly PolicyError[], index = 0): Objection[] =>
    failurePolicy === 'Ignore' || errors.length === 0 ? [] : [{ message: aggregate(errors), reason: '', index }];
  const conditions = policy.matchConditions.map(tried);
  if (conditions.some(({ value }) => value === false)) return NOTHING;
  const errors = conditions.flatMap(({ error }) => error ?? []);
  if (errors.length > 0) return { ...NOTHING, objections: objecting(errors) };
  const objections = policy.validations.flatMap(({ validation, expression, message }, index) => {
    const { value, error } = tried(expression);
    if (error !== undefined) return objecting([error], index);
    if (value === true) return [];
    const said = message === undefined ? undefined : tried(message).value;
    const fixed = textOf(validation, 'message').trim();
    const text = shown(said) || fixed || `failed expression: ${expression.source.trim()}`;
    return [{ message: text, reason: textOf(validation, 'reason') || 'Invalid', index }];
  });
  const annotated = policy.auditAnnotations.map(({ key, value }) => ({ key, ...tried(value) }));
  const failed = annotated.flatMap(({ error }) => error ?? []);
  const texts = annotated.flatMap(({ key, value }): [string, string][] =>
    typeof value === 'string' && value.trim() !== '' ? [[key, value.trim().slice(0, LONGEST_ANNOTATION)]] : [],
  );
  return { objections: [...objections, ...objecting(failed)], annotations: new Map(texts) };
}

function attempt(evaluation: Evaluation, expression: PolicyExpression): { value?: unknown; error?: PolicyError } {
  try {
    return { value: evaluation.valueOf(expression) };
  } catch (error) {
    return { error: error as PolicyError };
  }
}

/** A message that an expression made, unless it is none to show. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  return text.includes('\n') || Buffer.byteLength(text) > LONGEST_MESSAGE_BYTES ? '' : text;
}

function aggregate(errors: readonly PolicyError[]): string {
  const messages = [...new Set(errors.map(({ message }) => message))];
  return messages.length === 1 ? String(messages[0]) : `[${messages.join(', ')}]`;
}
