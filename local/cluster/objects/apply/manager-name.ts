import { RequestError } from '../request-error.ts';

const LONGEST_NAME = 128;

/** The manager of a write that names none: the first part of its user agent. */
export function defaultManager(userAgent: string | undefined): string {
  return (userAgent ?? '').split('/', 1)[0]?.slice(0, LONGEST_NAME) || 'unknown';
}

/** Throws 422 for the name of a field manager that is too long or has unprintable characters. */
export function checkManagerName(manager: string): void {
  const mistakes: string[] = [];
  if (Buffer.byteLength(manager) > LONGEST_NAME)
    mistakes.push(`fieldManager: Too long: may not be more than ${LONGEST_NAME} bytes`);
  for (const [index, character] of [...manager].entries()) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) {
      mistakes.push(
        `fieldManager: Invalid value: ${JSON.stringify(manager)}: should only contain printable characters (failed at ${index})`,
      );
      break;
    }
  }
  if (mistakes.length > 0)
    throw new RequestError(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${mistakes.join(', ')}`);
}
