import { type RenderOptions, renderChart } from '../../local/chart/render.ts';
import { MATRIX } from './matrix.ts';

/** A rendered object as a test looks at it: every field may be there. */
// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect and fail on what is not there
export type Loose = any;

/** Each case of the matrix, rendered. */
export const CASES: readonly { name: string; options: RenderOptions; objects: readonly Loose[] }[] = Object.entries(
  MATRIX,
).map(([name, options]) => ({ name, options, objects: objectsOf(options) }));

export function objectsOf(options: RenderOptions): Loose[] {
  return renderChart(options).map(({ object }) => object);
}

/** The objects of an install with these values. */
export function install(values: RenderOptions['values'] = {}): Loose[] {
  return objectsOf({ release: 'catnap', namespace: 'catnap-system', values });
}

/** The case of that name. */
export function inCase(name: keyof typeof MATRIX): readonly Loose[] {
  return CASES.find((one) => one.name === name)?.objects ?? [];
}

/** The one object of `kind` whose name is, or ends with, `name`. */
export function the(objects: readonly Loose[], kind: string, name: string): Loose {
  const found = objects.filter((one) => one.kind === kind && one.metadata.name.endsWith(name));
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${name}, not one`);
  return found[0];
}

/** Pod templates of what runs for long, and of what ends. */
export function podsOf(objects: readonly Loose[]): { of: Loose; metadata: Loose; spec: Loose }[] {
  return objects.flatMap((one) => {
    if (one.kind === 'Pod') return [{ of: one, metadata: one.metadata, spec: one.spec }];
    return one.spec?.template === undefined ? [] : [{ of: one, ...one.spec.template }];
  });
}

/** The value of a variable in the environment of a Deployment's one container; undefined when it has none. */
export function variable(objects: readonly Loose[], deployment: string, name: string): string | undefined {
  const [container] = the(objects, 'Deployment', deployment).spec.template.spec.containers;
  return container.env.find((one: Loose) => one.name === name)?.value;
}
