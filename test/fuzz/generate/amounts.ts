import type { Chance } from './chance.ts';

const ODD_NUMBERS = [0, 1, -1, 2, 1000, 1001, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1.5, '1', null, true, 1e300];
/** Each of them one that the API server takes. */
const QUANTITIES = [
  '1',
  '50m',
  '64Mi',
  '0',
  '1e3',
  '1E400',
  '.5',
  '5.',
  '1Ki',
  '999999999999999999999Ei',
  '0.000000001n',
  7,
];
const ODD_QUANTITIES = ['-1', 'x', '', '1 Gi', -7, '1e', '0x1', 1.5, null, 'Infinity'];

/** Mostly a good one. */
export const number = (chance: Chance) => (chance.yes(0.95) ? chance.int(1, 1_000) : chance.of(ODD_NUMBERS));
/** The same. */
export const quantity = (chance: Chance) => chance.of(chance.yes(0.9) ? QUANTITIES : ODD_QUANTITIES);
