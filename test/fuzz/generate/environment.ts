import type { Chance } from './chance.ts';
import { label, oddWord, plainWord } from './words.ts';

type Json = Record<string, unknown>;

function reference(chance: Chance): Json {
  const optional = chance.of([{}, { optional: true }, { optional: false }]);
  const keyRef = () => ({ name: label(chance), key: chance.of(['a', oddWord(chance)]), ...optional });
  return chance.oneOf<Json>(
    () => ({ configMapKeyRef: keyRef() }),
    () => ({ secretKeyRef: keyRef() }),
    () => ({
      fieldRef: {
        fieldPath: chance.of(['metadata.name', "metadata.labels['x']", 'spec.x', 'status.podIP', oddWord(chance)]),
      },
    }),
    () => ({
      resourceFieldRef: {
        resource: chance.of(['limits.memory', 'x', oddWord(chance)]),
        divisor: chance.of(['1', '0', '1Mi', 'x', 0]),
      },
    }),
    () => (chance.yes(0.8) ? { secretKeyRef: keyRef() } : { configMapKeyRef: keyRef(), secretKeyRef: keyRef() }),
  );
}

/** Names that the API server takes, but for a few. */
function variableName(chance: Chance, index: number): string {
  const good = [
    `V${index}`,
    `${plainWord(chance)}${index}`,
    'PATH',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    '__proto__',
    'a.b-c',
    'constructor',
  ];
  return chance.of(chance.yes(0.97) ? good : ['PORT', 'CATNAP_BUNDLE_0', 'K_SERVICE', oddWord(chance)]);
}

function variable(chance: Chance, index: number): Json {
  const name = variableName(chance, index);
  return chance.oneOf<Json>(
    () => ({ name, value: chance.of([oddWord(chance), '$(V0)', '$(', '$$(x)', 'v'.repeat(32_768)]) }),
    () => ({ name, valueFrom: reference(chance) }),
    () => ({ name }),
    () => (chance.yes(0.9) ? { name, value: '' } : { name, value: chance.of([7, null]), valueFrom: reference(chance) }),
  );
}

/** What a Function gives its handler: variables and Secrets of all kinds, most of which are not there. */
export function generateEnvironment(chance: Chance): Json {
  const name = () => (chance.yes(0.97) ? label(chance) : oddWord(chance));
  const from = () =>
    chance.of<Json>([
      { configMapRef: { name: name() } },
      { configMapRef: { name: name(), optional: true } },
      { secretRef: { name: name(), optional: chance.yes(0.5) } },
      { prefix: oddWord(chance), configMapRef: { name: name(), optional: true } },
    ]);
  return chance.oneOf<Json>(
    () => ({ env: unique(chance.some(1, 4, (i) => variable(chance, i))) }),
    () => ({ env: unique(chance.some(1, 100, (i) => ({ name: `V${i}`, value: oddWord(chance) }))) }),
    () => ({ envFrom: chance.some(1, chance.of([2, 32]), from) }),
    () => ({ secrets: unique(chance.some(1, 16, () => ({ name: name() }))) }),
    () => ({ env: [variable(chance, 0)], envFrom: [from()], secrets: [{ name: name() }] }),
    () => ({ env: chance.of<unknown>([{}, 'x', [null], [[]], [{ name: 'A' }, { name: 'A' }]]) }),
  );
}

/** One of each name, as a list with keys has to be. */
function unique(items: readonly Json[]): Json[] {
  return [...new Map(items.map((item) => [item.name, item])).values()];
}
