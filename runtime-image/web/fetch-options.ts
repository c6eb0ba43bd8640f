/** What a request is given beyond its method, URL, headers, body and signal. */
export type FetchOptions = Readonly<Record<string, unknown>>;

/** The standard's, with the values that there are; undefined: any. `cf` is of Cloudflare Workers, `dispatcher` of undici. */
const OPTIONS: Readonly<Record<string, readonly string[] | undefined>> = {
  redirect: ['follow', 'error', 'manual'],
  mode: ['same-origin', 'cors', 'no-cors'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  referrer: undefined,
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
  integrity: undefined,
  keepalive: undefined,
  window: undefined,
  priority: ['high', 'low', 'auto'],
  cf: undefined,
  dispatcher: undefined,
};

/** Methods that `no-cors` may have. */
const SAFELISTED: readonly string[] = ['GET', 'HEAD', 'POST'];

/**
 * Those that `init` has, over those of `base`, for a request with `method`.
 * @throws TypeError for a value that an option has not, and for two that do not go together.
 */
export function fetchOptionsOf(init: FetchOptions, base: FetchOptions, method: string): FetchOptions {
  let options: Record<string, unknown> | undefined;
  for (const name in OPTIONS) {
    const value = init[name];
    if (value === undefined) continue;
    options ??= { ...base };
    options[name] = checked(name, value);
  }
  if (options === undefined) return base;
  if (options.cache === 'only-if-cached' && options.mode !== 'same-origin') {
    throw new TypeError('cache "only-if-cached" needs mode "same-origin"');
  }
  if (options.mode === 'no-cors' && !SAFELISTED.includes(method)) {
    throw new TypeError(`mode "no-cors" has no method ${method}: one of ${SAFELISTED.join(', ')}`);
  }
  return options;
}

function checked(name: string, value: unknown): unknown {
  const values = OPTIONS[name];
  if (values !== undefined && !values.includes(String(value))) {
    throw new TypeError(`${JSON.stringify(value)} is no ${name} of a request: one of ${values.join(', ')}`);
  }
  if (name === 'window' && value !== null) throw new TypeError('the window of a request can only be null');
  if (name === 'referrer') return referrerOf(`${value}`);
  return name === 'keepalive' ? Boolean(value) : value;
}

/** Empty: none. */
function referrerOf(text: string): string {
  if (text === '') return '';
  const url = URL.parse(text);
  if (url === null) throw new TypeError('the referrer of a request must be a URL, or empty');
  return url.href;
}
