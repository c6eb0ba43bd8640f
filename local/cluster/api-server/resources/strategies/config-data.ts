/** ConfigMaps and Secrets. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { fieldsOf, isFields, semanticallyEqual, setDefault, textOf } from '../fields.ts';
import type { Strategy } from '../resource.ts';
import { forbiddenField, invalidField, requiredField } from '../validation.ts';

const MAX_BYTES = 1024 * 1024;

export const configMapStrategy: Strategy = {
  validate(configMap) {
    const data = fieldsOf(configMap, 'data');
    const binary = fieldsOf(configMap, 'binaryData');
    const repeated = Object.keys(data).filter((key) => key in binary);
    const errors = repeated.map((key) => invalidField('data', key, 'duplicate of key present in binaryData'));
    const decoded = sizeOf(data) + decodedSizeOf(binary);
    return [...errors, ...validateKeys({ data, binaryData: binary }), ...validateSize(decoded, '')];
  },
  validateUpdate(next, old) {
    return validateImmutable(next, old, ['data', 'binaryData']);
  },
  createOnUpdate: false,
};

export const secretStrategy: Strategy = {
  setDefaults(secret) {
    setDefault(secret, 'type', 'Opaque');
    foldStringData(secret);
  },
  validate(secret) {
    const data = fieldsOf(secret, 'data');
    return [...validateKeys({ data }), ...validateSize(decodedSizeOf(data), 'data'), ...validateType(secret)];
  },
  validateUpdate(next, old) {
    const errors = validateImmutable(next, old, ['data']);
    if (textOf(next, 'type') === textOf(old, 'type')) return errors;
    return [...errors, invalidField('type', next.type, 'field is immutable')];
  },
};

/** `stringData` is for writing only: it ends in `data`. */
function foldStringData(secret: KubeObject): void {
  const text = secret.stringData;
  delete secret.stringData;
  if (!isFields(text)) return;
  const encoded = Object.entries(text).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]);
  secret.data = { ...fieldsOf(secret, 'data'), ...Object.fromEntries(encoded) };
}

function validateType(secret: KubeObject): FieldError[] {
  const needed: { [type: string]: string[] } = {
    'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
    'kubernetes.io/dockercfg': ['.dockercfg'],
    'kubernetes.io/ssh-auth': ['ssh-privatekey'],
    'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  };
  const type = textOf(secret, 'type');
  const keys = Object.hasOwn(needed, type) ? needed[type] : [];
  const data = fieldsOf(secret, 'data');
  return (keys ?? []).filter((key) => !Object.hasOwn(data, key)).map((key) => requiredField(`data[${key}]`));
}

function validateKeys(maps: { [field: string]: object }): FieldError[] {
  return Object.entries(maps).flatMap(([field, map]) =>
    Object.keys(map)
      .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key) || key.length > 253 || key === '.' || key.startsWith('..'))
      .map((key) =>
        invalidField(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      ),
  );
}

function validateSize(bytes: number, field: string): FieldError[] {
  if (bytes <= MAX_BYTES) return [];
  return [{ type: 'FieldValueTooLong', field, detail: `may not be more than ${MAX_BYTES} bytes` }];
}

function sizeOf(map: object): number {
  return Object.values(map).reduce((sum: number, value) => sum + Buffer.byteLength(String(value)), 0);
}

function decodedSizeOf(map: object): number {
  return Object.values(map).reduce((sum: number, value) => sum + Math.floor((String(value).length * 3) / 4), 0);
}

function validateImmutable(next: KubeObject, old: KubeObject, fields: readonly string[]): FieldError[] {
  if (old.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const errors = next.immutable === true ? [] : [forbiddenField('immutable', detail)];
  const changed = fields.filter((field) => !semanticallyEqual(next[field], old[field]));
  return [...errors, ...changed.map((field) => forbiddenField(field, detail))];
}
