/** Every definition of crds/ is one that the API server takes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultCrd, validateCrd } from '../../local/cluster/objects/crd/definition.ts';
import { fieldErrorText } from '../../local/cluster/objects/field-error.ts';
import type { KubeObject } from '../../local/cluster/objects/kind-schema.ts';
import { decodeBody } from '../../local/cluster/objects/schema/decode.ts';

const CRDS = new URL('../../crds/', import.meta.url);

for (const file of readdirSync(CRDS).filter((name) => name.endsWith('.yaml'))) {
  test(`the definition in ${file} is accepted`, () => {
    const text = readFileSync(new URL(file, CRDS), 'utf8');
    const crd = decodeBody(text, 'application/yaml').value as unknown as KubeObject;
    assert.deepEqual(validateCrd(defaultCrd(crd)).map(fieldErrorText), []);
  });
}
