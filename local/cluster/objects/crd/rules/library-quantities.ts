import type { Environment } from '@marcbachmann/cel-js';
import { isQuantity, quantityNano } from '../../schema/quantity.ts';

const NANO = 1_000_000_000n;

class CelQuantity {
  readonly nano: bigint;
  constructor(nano: bigint) {
    this.nano = nano;
  }
}

function parsed(text: string): CelQuantity {
  const nano = quantityNano(text);
  if (nano === undefined) throw new Error(`error parsing quantity: ${text}`);
  return new CelQuantity(nano);
}
function sign(value: bigint): bigint {
  return value < 0n ? -1n : value > 0n ? 1n : 0n;
}

/** Quantities of resources in rules: `quantity(self.memory).isLessThan(quantity('1Gi'))`. */
export function addQuantityFunctions(environment: Environment): void {
  const type = 'kubernetes.Quantity';
  environment
    .registerType(type, { ctor: CelQuantity, fields: {} })
    .registerOperator(`${type} == ${type}`, (a: CelQuantity, b: CelQuantity) => a.nano === b.nano)
    .registerFunction(`quantity(string): ${type}`, parsed)
    .registerFunction('isQuantity(string): bool', (text: string) => isQuantity(text))
    .registerFunction(`${type}.isInteger(): bool`, ({ nano }: CelQuantity) => nano % NANO === 0n)
    .registerFunction(`${type}.asInteger(): int`, ({ nano }: CelQuantity) => {
      if (nano % NANO !== 0n) throw new Error('cannot convert value to integer');
      return nano / NANO;
    })
    .registerFunction(`${type}.asApproximateFloat(): double`, ({ nano }: CelQuantity) => Number(nano) / Number(NANO))
    .registerFunction(
      `${type}.add(${type}): ${type}`,
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano + b.nano),
    )
    .registerFunction(`${type}.add(int): ${type}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano + b * NANO))
    .registerFunction(
      `${type}.sub(${type}): ${type}`,
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano - b.nano),
    )
    .registerFunction(`${type}.sub(int): ${type}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano - b * NANO))
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano < b.nano)
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano > b.nano)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: CelQuantity, b: CelQuantity) => sign(a.nano - b.nano));
}
