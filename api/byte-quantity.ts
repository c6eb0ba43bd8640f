const FACTORS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** How a number of bytes is written in a Function: Kubernetes' quantities without the parts of one. */
export const BYTE_QUANTITY = /^[0-9]+([.][0-9]+)?([KMGTP]i|[kMGTP])?$/;

/** Bytes, rounded up: `1.5Ki` → 1536, `1k` → 1000, 7 → 7. Throws at what is no such quantity. */
export function bytesIn(quantity: number | string): number {
  const text = String(quantity);
  if (!BYTE_QUANTITY.test(text)) throw new Error(`${text} is no number of bytes; write one such as 512Ki or 64Mi`);
  const digits = Number.parseFloat(text);
  return Math.ceil(digits * (FACTORS[text.replace(/^[0-9.]+/, '')] ?? 1));
}
