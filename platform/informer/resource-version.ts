/**
 * Negative when `a` is older than `b`, positive when it is newer, 0 when they are the same or cannot be compared. They are
 * decimal numbers that grow within one history: a smaller one means an older state, or that the server's data was replaced.
 */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  if (!isNumber(a) || !isNumber(b)) return 0;
  const [first, second] = [BigInt(a), BigInt(b)];
  return first === second ? 0 : first < second ? -1 : 1;
}

function isNumber(version: string | undefined): version is string {
  return version !== undefined && /^\d+$/.test(version);
}
