/** Who may call: a file of bearer tokens, one a line: `token,name,uid,"group1,group2"`. */

export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  /** What is known besides, as of which pod a token is. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type Tokens = ReadonlyMap<string, User>;

export const ADMINISTRATORS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
/** Whoever sends no token. */
export const ANONYMOUS: User = { name: 'system:anonymous', uid: '', groups: [UNAUTHENTICATED] };

/** Lines that are empty or begin with # are left out. Throws for a line without token and name. */
export function parseTokens(text: string): Tokens {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Map(lines.map(parseLine));
}

function parseLine(line: string, index: number): [string, User] {
  const match = /^([^,]+),([^,]+)(?:,([^,]*))?(?:,"?([^"]*)"?)?$/.exec(line.trim());
  if (match === null) throw new Error(`token file, entry ${index + 1}: expected token,name,uid,"groups"`);
  const [, token = '', name = '', uid = '', groups = ''] = match;
  return [token, { name, uid, groups: groups.split(',').filter((group) => group !== '') }];
}
