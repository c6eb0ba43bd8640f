import { createHash, randomBytes } from 'node:crypto';
import type { CommandContext } from '../command-line/command-context.ts';

/** Before a key, so that it is known for what it is where it was left by mistake. */
const PREFIX = 'ck_';
const RANDOM_BYTES = 32;

/** `catnap key`: a new API key, and the digest by which it is known without being kept. */
export async function key({ output }: CommandContext): Promise<void> {
  const made = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
  const sha256 = createHash('sha256').update(made).digest('hex');
  output.result({ key: made, sha256 }, () => `key     ${made}\nsha256  ${sha256}`);
  output.note(
    'the key is shown this once: hand it to who is to call; the digest tells nothing of it and may be in a repository',
  );
}
