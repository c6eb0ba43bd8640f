/** Of the issuer's OpenID configuration. */
export const CONFIGURATION_PATH = '/.well-known/openid-configuration';
/** Of the keys that service account tokens are signed with. */
export const KEY_SET_PATH = '/openid/v1/jwks';
