/** What is known about a kind: its structural schema and how it is served. Everything in this folder is pure. */

/** An object as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** An API object: a JSON object of which only the envelope is known here. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}
export interface ObjectMeta {
  name?: string;
  namespace?: string;
  managedFields?: ManagedFieldsEntry[];
  [field: string]: unknown;
}
/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  /** RFC 3339, whole seconds. */
  time?: string;
  fieldsType?: 'FieldsV1';
  fieldsV1?: JsonObject;
  subresource?: string;
}

/** A CEL rule, as in `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/**
 * A structural schema, in the words of CustomResourceDefinitions, for built-in kinds as well. Of built-in kinds it is a
 * graph and may be cyclic (JSONSchemaProps): never print or copy it whole, use schema/openapi.ts.
 */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  title?: string;
  nullable?: boolean;
  default?: Json;
  enum?: Json[];
  properties?: { [name: string]: Schema };
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'granular' | 'atomic';
  'x-kubernetes-validations'?: ValidationRule[];
  /** Built-in kinds only: strategic merge patch. */
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  /**
   * Built-in kinds only: what a real server's encoder does with an empty value. Absent: an empty list or map is dropped,
   * the rest kept. `drop`: "", 0 and false are dropped too; `keep`: an empty list or map is kept; `write`: written
   * when absent, as `{}`, a time as null.
   */
  'x-when-empty'?: 'drop' | 'keep' | 'write';
  /** Built-in kinds only: `io.k8s.api.core.v1.Pod`, the name of the schema in the OpenAPI document. */
  'x-name'?: string;
}

/** JSON paths of a custom resource's scale subresource, as in the CRD. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** One version of one kind. */
export interface KindSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** True: a Go type on a real server (unknown fields always dropped, strategic merge patch works). False: from a CRD. */
  readonly builtin: boolean;
  readonly namespaced: boolean;
  readonly root: Schema;
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
}
