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
  priority: undefined,
  cf: undefined,
  dispatcher: undefined,
};

/** Those that `init` has, over those of `base`. @throws TypeError for a value that an option has not. */
export function fetchOptionsOf(init: FetchOptions, base: FetchOptions): FetchOptions {
  let options: Record<string, unknown> | undefined;
  for (const name in OPTIONS) {
    const value = init[name];
    if (value === undefined) continue;
    const values = OPTIONS[name];
    if (values !== undefined && !values.includes(String(value))) {
      throw new TypeError(`${JSON.stringify(value)} is no ${name} of a request: one of ${values.join(', ')}`);
    }
    options ??= { ...base };
    options[name] = value;
  }
  return options ?? base;
}
