/** What a real server refuses in a pod's volumes, as far as users run into it. */
import type { FieldError } from '../../../objects/field-error.ts';
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../fields.ts';
import { dnsLabelProblems, duplicateField, forbiddenField, invalidField, requiredField } from '../validation.ts';

/** By the kind of a volume: what it cannot be without. */
const NEEDED: { readonly [kind: string]: string } = {
  configMap: 'name',
  hostPath: 'path',
  persistentVolumeClaim: 'claimName',
  secret: 'secretName',
  nfs: 'server',
  csi: 'driver',
};

interface CheckedVolumes {
  errors: FieldError[];
  /** Names of those that are in order: mounts may name them. */
  names: Set<string>;
}

/** @param path of the list: `spec.volumes` */
export function checkVolumes(volumes: readonly Fields[], path: string): CheckedVolumes {
  const names = new Set<string>();
  const errors = volumes.flatMap((volume, index) => {
    const at = `${path}[${index}]`;
    const name = textOf(volume, 'name');
    const found = [...sourceErrors(volume, at), ...nameErrors(name, at)];
    if (names.has(name)) found.push(duplicateField(`${at}.name`, name));
    else if (found.length === 0) names.add(name);
    return found;
  });
  return { errors, names };
}

function nameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [requiredField(`${path}.name`)];
  return dnsLabelProblems(name).map((problem) => invalidField(`${path}.name`, name, problem));
}

function sourceErrors(volume: Fields, path: string): FieldError[] {
  const kinds = Object.keys(volume).filter((name) => name !== 'name' && isFields(volume[name]));
  const [kind] = kinds;
  if (kind === undefined) return [requiredField(path, 'must specify a volume type')];
  const more = kinds
    .slice(1)
    .map((other) => forbiddenField(`${path}.${other}`, 'may not specify more than 1 volume type'));
  return [...more, ...neededErrors(fieldsOf(volume, kind), kind, path)];
}

function neededErrors(source: Fields, kind: string, path: string): FieldError[] {
  const field = `${path}.${kind}`;
  const needed = Object.hasOwn(NEEDED, kind) ? NEEDED[kind] : undefined;
  if (needed !== undefined && textOf(source, needed) === '') return [requiredField(`${field}.${needed}`)];
  return listOf(source, 'items').flatMap((item, index) =>
    ['key', 'path']
      .filter((name) => textOf(item, name) === '')
      .map((name) => requiredField(`${field}.items[${index}].${name}`)),
  );
}
