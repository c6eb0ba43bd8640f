/** Quantities of resources (`500m`, `64Mi`, `1e3`) as the real server writes them: one form for equal amounts. */

const NANO = 1_000_000_000n;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const NOTATION = /^([+-]?)(\d+\.?\d*|\.\d+)((?:[eE][+-]?\d+)|[KMGTPE]i|[numkMGTPE])?$/;

export const QUANTITY_MISTAKE =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

type Style = 'binary' | 'decimal' | 'exponent';
interface Quantity {
  nano: bigint;
  style: Style;
}

function parse(text: string): Quantity | undefined {
  const match = NOTATION.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const unscaled = BigInt(`${whole}${fraction}` || '0');
  const { factor, power, style } = scale(suffix);
  // unscaled × factor × 10^power / 10^|fraction|, in nano, rounded up as no quantity may become smaller
  const tens = power - fraction.length + 9;
  const numerator = unscaled * factor * (tens > 0 ? 10n ** BigInt(tens) : 1n);
  const denominator = tens < 0 ? 10n ** BigInt(-tens) : 1n;
  const nano = (numerator + denominator - 1n) / denominator;
  return { nano: sign === '-' ? -nano : nano, style };
}

function scale(suffix: string): { factor: bigint; power: number; style: Style } {
  if (suffix.endsWith('i')) return { factor: 1024n ** BigInt(BINARY.indexOf(suffix)), power: 0, style: 'binary' };
  if (/^[eE]./.test(suffix)) return { factor: 1n, power: Number(suffix.slice(1)), style: 'exponent' };
  return { factor: 1n, power: (DECIMAL.indexOf(suffix) - 3) * 3, style: 'decimal' };
}

export function isQuantity(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'number') && parse(String(value)) !== undefined;
}

/** The amount in billionths; undefined for what is no quantity. */
export function quantityNano(text: string): bigint | undefined {
  return parse(text)?.nano;
}

/** `0.5` → `500m`, `1024Mi` → `1Gi`; what is no quantity stays as it is. */
export function canonicalQuantity(value: string | number): string {
  const quantity = parse(String(value));
  if (quantity === undefined) return String(value);
  const { nano, style } = quantity;
  if (nano === 0n) return '0';
  const small = nano > -1024n * NANO && nano < 1024n * NANO;
  return style === 'binary' && !small ? binaryText(nano) : decimalText(nano, style === 'exponent');
}

function binaryText(nano: bigint): string {
  let amount = nano % NANO === 0n ? nano / NANO : nano / NANO + 1n;
  let step = 0;
  while (amount % 1024n === 0n && step < BINARY.length - 1) {
    amount /= 1024n;
    step++;
  }
  return `${amount}${BINARY[step]}`;
}

function decimalText(nano: bigint, withExponent: boolean): string {
  let amount = nano;
  let step = 0;
  while (amount % 1000n === 0n && step < DECIMAL.length - 1) {
    amount /= 1000n;
    step++;
  }
  if (!withExponent) return `${amount}${DECIMAL[step]}`;
  return step === 3 ? String(amount) : `${amount}e${(step - 3) * 3}`;
}
