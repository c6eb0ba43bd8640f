/** Kubernetes quantities. Pure. */

const SUFFIX: { [suffix: string]: number } = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `250m` → 0.25, `64Mi` → 67108864; NaN for what is none. */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?[\d.]+)(?:[eE]([+-]?\d+))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(String(text));
  if (match === null) return Number.NaN;
  const [, mantissa = '', exponent = '0', suffix = ''] = match;
  return Number(mantissa) * 10 ** Number(exponent) * (SUFFIX[suffix] ?? Number.NaN);
}

/** `amount` in units of `divisor`, rounded up, as the downward API gives it. */
export function inUnitsOf(amount: number, divisor: string | number | undefined): string {
  const unit = divisor === undefined || divisor === '0' || divisor === 0 ? 1 : parseQuantity(divisor);
  // 0.05 / 0.001 is 50.000000000000007 in binary: a hair above must not round up.
  return String(Math.ceil(Number((amount / unit).toPrecision(12))));
}
