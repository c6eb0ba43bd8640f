import type { Environment } from '@marcbachmann/cel-js';

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

class CelVersion {
  readonly parts: readonly [bigint, bigint, bigint];
  /** Before the release itself: `rc.1`; empty for a release. */
  readonly pre: string;
  constructor(text: string) {
    const match = VERSION.exec(text);
    if (match === null) throw new Error(`semver parse error during conversion from string: ${text}`);
    const [, major = '0', minor = '0', patch = '0', pre = ''] = match;
    this.parts = [BigInt(major), BigInt(minor), BigInt(patch)];
    this.pre = pre;
  }
}

function compare(a: CelVersion, b: CelVersion): bigint {
  for (const [i, part] of a.parts.entries()) {
    const other = b.parts[i] as bigint;
    if (part !== other) return part < other ? -1n : 1n;
  }
  if (a.pre === b.pre) return 0n;
  if (a.pre === '' || b.pre === '') return a.pre === '' ? 1n : -1n;
  return a.pre.localeCompare(b.pre, 'en', { numeric: true }) < 0 ? -1n : 1n;
}

/** Semantic versions in rules. */
export function addVersionFunctions(environment: Environment): void {
  const type = 'kubernetes.Semver';
  environment
    .registerType(type, { ctor: CelVersion, fields: {} })
    .registerOperator(`${type} == ${type}`, (a: CelVersion, b: CelVersion) => compare(a, b) === 0n)
    .registerFunction(`semver(string): ${type}`, (text: string) => new CelVersion(text))
    .registerFunction('isSemver(string): bool', (text: string) => VERSION.test(text))
    .registerFunction(`${type}.major(): int`, ({ parts }: CelVersion) => parts[0])
    .registerFunction(`${type}.minor(): int`, ({ parts }: CelVersion) => parts[1])
    .registerFunction(`${type}.patch(): int`, ({ parts }: CelVersion) => parts[2])
    .registerFunction(`${type}.compareTo(${type}): int`, compare)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: CelVersion, b: CelVersion) => compare(a, b) < 0n)
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: CelVersion, b: CelVersion) => compare(a, b) > 0n);
}
