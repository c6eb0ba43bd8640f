/** How others check service account tokens by themselves: who issues them, and with which keys. */
import type { IncomingMessage } from 'node:http';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { ISSUER } from '../auth/service-account-tokens.ts';
import type { Answer } from '../http/answer.ts';
import { answerOf } from '../http/answer.ts';
import { methodNotAllowed, notRepresentable } from '../status.ts';
import { CONFIGURATION_PATH, KEY_SET_PATH } from './issuer-paths.ts';

const KEY_SET_TYPE = 'application/jwk-set+json';
const CONFIGURATION = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}${KEY_SET_PATH}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
};

/** `undefined` for another path. Throws a 406 for who takes another type alone, as `application/json` is for the keys. */
export function issuerAnswer(
  { keySet }: Pick<ServiceAccountTokens, 'keySet'>,
  path: string,
  { method, headers }: IncomingMessage,
): Answer | undefined {
  if (path !== CONFIGURATION_PATH && path !== KEY_SET_PATH) return undefined;
  if (method !== 'GET') throw methodNotAllowed();
  const [type, value] = path === KEY_SET_PATH ? [KEY_SET_TYPE, keySet] : ['application/json', CONFIGURATION];
  if (!takes(headers.accept, type)) throw notRepresentable(type);
  return { ...answerOf(200, value), headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' } };
}

function takes(accept: string | undefined, type: string): boolean {
  const types = (accept ?? '*/*').split(',').map((clause) => clause.split(';')[0]?.trim());
  return types.includes('*/*') || types.includes(type);
}
