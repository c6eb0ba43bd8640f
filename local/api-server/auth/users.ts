/** Who may call: a file of bearer tokens, one a line: `token,name,uid,"group1,group2"`. */
import { unauthorized } from '../status.ts';

export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export type Tokens = ReadonlyMap<string, User>;

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

/** Throws a 401 when the header names no known token. */
export function userOf(tokens: Tokens, authorization: string | undefined): User {
  const token = /^Bearer\s+(.+)$/i.exec(authorization ?? '')?.[1]?.trim();
  const user = token === undefined ? undefined : tokens.get(token);
  if (user === undefined) throw unauthorized();
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}
