/**
 * The same algorithm within Redis, for limits that hold over all gateways to the request: one script decides on all limits of a
 * request and uses all of them up or none. Its clock is that of Redis, in microseconds.
 */
import { hash } from 'node:crypto';
import type { Rate } from './gcra.ts';
import type { LimitKey } from './limit-keys.ts';

/** One limit, and by what it counts for this request. */
export interface LimitAsked {
  readonly limit: { readonly functionKey: string; readonly name: string; readonly rate: Rate };
  readonly key: LimitKey;
}

/** How one of them stands; `retryMs` 0: it lets the request pass. */
export interface LimitAnswer {
  readonly retryMs: number;
  /** Until all is filled up again. */
  readonly fullMs: number;
}

/**
 * No key is ahead of the clock by more than a burst: one that is was written before the clock was set back. Each is kept a second
 * longer than it says.
 */
export const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer, nexts, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local each, depth = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local tat = math.min(now + depth, tonumber(redis.call('GET', key) or '0') or 0)
  local next = math.max(tat, now) + each
  local over = next - now - depth
  local retry = 0
  if over > each * 0.01 and tat > now then
    retry = math.max(1, over)
    refused = true
    next = tat
  end
  nexts[i] = next
  answer[2 * i - 1] = math.ceil(retry)
  answer[2 * i] = math.ceil(math.max(0, next - now))
end
if not refused then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.3f', nexts[i]), 'PX', math.ceil((nexts[i] - now) / 1000) + 1000)
  end
end
return answer
`;

const DIGEST = hash('sha1', SCRIPT, 'hex');

/** The arguments that all of `asked` is decided by. Keys of one function lie in one slot of a Redis Cluster. */
export function scriptCall(prefix: string, asked: readonly LimitAsked[]): { digest: string; rest: string[] } {
  const keys = asked.map(
    ({ limit, key }) => `${prefix}{${limit.functionKey}}:${limit.name}:${hex(key.high)}${hex(key.low)}`,
  );
  const rates = asked.flatMap(({ limit: { rate } }) => [String(rate.perRequestMs * 1000), String(rate.depthMs * 1000)]);
  return { digest: DIGEST, rest: [String(keys.length), ...keys, ...rates] };
}

/** Undefined: that is no answer of the script. */
export function scriptAnswer(reply: unknown, count: number): LimitAnswer[] | undefined {
  if (!Array.isArray(reply) || reply.length !== count * 2) return undefined;
  const numbers = reply.map(Number);
  if (!numbers.every((one) => Number.isFinite(one) && one >= 0)) return undefined;
  return Array.from({ length: count }, (_, i) => ({
    retryMs: (numbers[2 * i] as number) / 1000,
    fullMs: (numbers[2 * i + 1] as number) / 1000,
  }));
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
