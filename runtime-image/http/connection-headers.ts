/** Headers of one connection, by RFC 9110, 7.6.1: they say nothing of the request, and the next hop has its own. */
const OF_THE_CONNECTION = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

const always: ReadonlySet<string> = new Set(OF_THE_CONNECTION);

/**
 * The names, in lower case, of the headers of one connection: those above, and those that `Connection` lists. Host and the
 * headers of the message's own framing stay, whatever it lists.
 * @param raw names and values in turn.
 */
export function connectionHeaders(raw: readonly string[]): ReadonlySet<string> {
  const listed: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.length !== 'connection'.length || raw[index]?.toLowerCase() !== 'connection') continue;
    const value = raw[index + 1] ?? '';
    if (!isUsual(value)) listed.push(...value.split(',').map((name) => name.trim().toLowerCase()));
  }
  return listed.length === 0 ? always : new Set([...always, ...listed.filter((name) => !MESSAGE.includes(name))]);
}

const MESSAGE = ['host', 'content-length', 'content-type', 'authorization', 'cookie'];

function isUsual(value: string): boolean {
  return value === 'keep-alive' || value === 'close';
}
