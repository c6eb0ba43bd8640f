import { createHash, randomBytes } from 'node:crypto';
import { ApiKey } from '#api/function-access.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

/** Before a key, so that it is known for what it is where it was left by mistake. */
const PREFIX = 'ck_';
const RANDOM_BYTES = 32;

/** `catnap key`: a new API key, and what of it stands in the Function. @param name of who is to have it */
export async function key({ output }: CommandContext, name: string): Promise<void> {
  if (!ApiKey.shape.name.safeParse(name).success)
    throw new CommandError(
      `${JSON.stringify(name)} is no name of a key: letters, digits, "-", "_" and ".", 63 at most`,
      EXIT.usage,
    );
  const made = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
  const sha256 = createHash('sha256').update(made).digest('hex');
  const access = [{ apiKeys: [{ name, sha256 }] }];
  output.result({ key: made, name, sha256, spec: { access } }, () =>
    [
      `key  ${made}`,
      '',
      'spec:',
      '  access:',
      '    - apiKeys:',
      `        - name: ${JSON.stringify(name)}`,
      `          sha256: ${sha256}`,
    ].join('\n'),
  );
  output.note(
    'the key is shown this once: hand it to who is to call, in the header X-Api-Key; the digest tells nothing of it and may be in a repository',
  );
}
