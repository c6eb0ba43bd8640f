/** Quantities of resources: `50m`, `64Mi`, `1e3`, 2. */

const SUFFIXES = new Map<string, number>([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

/** In units (cores, bytes, pieces); `undefined` for what is no quantity. */
export function parseQuantity(quantity: unknown): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([A-Za-z]*))$/.exec(String(quantity));
  if (match === null) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const factor = SUFFIXES.get(suffix);
  return factor === undefined ? undefined : Number(`${digits}${exponent}`) * factor;
}

/** `amount` written as a quantity, as short as it goes in the style of `like`. */
export function formatQuantity(amount: number, like: string): string {
  const binary = like.endsWith('i');
  const suffixes = binary ? ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] : ['E', 'P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n'];
  for (const suffix of suffixes) {
    const scaled = amount / (SUFFIXES.get(suffix) ?? 1);
    const whole = Math.round(scaled);
    if (amount !== 0 && whole !== 0 && Math.abs(scaled - whole) < 1e-9) return `${whole}${suffix}`;
  }
  return String(amount);
}
