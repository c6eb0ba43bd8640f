import { Ajv, type ErrorObject } from 'ajv';

/** Values that the chart's schema refuses; the message has each mistake on a line of its own. */
class ValuesError extends Error {
  override readonly name = 'ValuesError';
}

/** Checks as Helm does before it renders. Throws a ValuesError that names each place in dots, e.g. `operator.replicas`. */
export function checkValues(chart: string, schema: object, values: object): void {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  if (validate(values)) return;
  const lines = (validate.errors ?? []).map(describe);
  throw new ValuesError(`the values do not fit the schema of the chart ${chart}:\n${lines.join('\n')}`);
}

function describe({ instancePath, keyword, params, message = '' }: ErrorObject): string {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'additionalProperties') {
    return `- ${[...path, String(params.additionalProperty)].join('.')}: there is no such value`;
  }
  const allowed =
    keyword === 'enum' ? `: ${(params.allowedValues as unknown[]).map((one) => JSON.stringify(one)).join(', ')}` : '';
  return `- ${path.join('.') || '(all values)'}: ${message}${allowed}`;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
