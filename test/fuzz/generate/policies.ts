import type { Chance } from './chance.ts';
import { oddWord } from './words.ts';

type Json = Record<string, unknown>;

/** Some that the schema takes and that mean nothing are among them. */
const NETWORKS = [
  ...['10.0.0.0/8', '127.0.0.1', '0.0.0.0/0', '::/0', '2001:db8::/32', '::ffff:10.0.0.0/104', '::1'],
  ...['10.0.0.0/33', '10.0.0.256', '1:2:3', '::1::', ':', '::/129', '::.', 'fe80::1%eth0', '', '/', '0/0', 7, null, []],
];

const networks = (chance: Chance) =>
  chance.some(0, chance.of([1, 2, 256, 257]), () => (chance.yes(0.9) ? chance.of(NETWORKS) : oddWord(chance)));

/** Edge rules, good and odd. */
export function generatePolicies(chance: Chance): Json {
  return chance.oneOf<Json>(
    () => ({ httpsOnly: chance.of([true, false, null, 'true', 1]) }),
    () => ({ allowFrom: networks(chance) }),
    () => ({ denyFrom: networks(chance) }),
    () => ({ httpsOnly: true, allowFrom: networks(chance), denyFrom: networks(chance) }),
    () => ({ allowFrom: chance.of([null, {}, 'x', [[]]]) }),
  );
}
