/** For tests: source with `VALUES`, functions that make each a value which throws, lies or never ends when it is looked at. */
export const HOSTILE_VALUES = `
const boom = () => { throw new Error('boom'); };
const traps = { get: boom, has: boom, getPrototypeOf: boom, ownKeys: boom, getOwnPropertyDescriptor: boom, set: boom, apply: boom };
const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; };
const getters = (target, ...names) => { for (const name of names) Object.defineProperty(target, name, { get: boom, enumerable: true }); return target; };
const deep = () => { let value = {}; for (let i = 0; i < 20_000; i++) value = { value }; return value; };
const cycle = () => { const value = { list: [] }; value.self = value; value.list.push(value); return value; };
const fake = (more) => ({ status: 200, statusText: '', headers: new Map([['a', 'b']]), body: null, bodyUsed: false, url: '', arrayBuffer() {}, ...more });
const stream = (next, more) => ({ [Symbol.asyncIterator]: () => ({ next, ...more }) });
const bytes = new Uint8Array(10);
const used = new Response('used');
const late = async function* () { yield 'a'; await new Promise((r) => setTimeout(r, 5)); throw revoked(); };
const detached = () => { const buffer = new ArrayBuffer(8); structuredClone(buffer, { transfer: [buffer] }); return buffer; };
const VALUES = {
  proxy: () => new Proxy({}, traps), proxyOfFunction: () => new Proxy(() => {}, traps), revoked,
  proxyOfError: () => new Proxy(new Error('x'), traps), proxyOfResponse: () => new Proxy(new Response('x'), traps),
  plainProxyOfResponse: () => new Proxy(new Response('x'), {}), proxyOfPromise: () => new Proxy(Promise.resolve(1), {}),
  errorWithGetters: () => getters(new Error('x'), 'message', 'stack', 'name', 'cause', 'code'),
  errorWithObjects: () => Object.assign(new Error('x'), { message: { toJSON: boom }, stack: {}, name: Symbol('n'), cause: new Proxy({}, traps) }),
  aggregate: () => Object.assign(new AggregateError([]), { errors: 7 }), aggregateOfProxies: () => new AggregateError([revoked(), new Proxy({}, traps)]),
  bare: () => Object.create(null), symbol: () => Symbol('s'), bigint: () => 1n, nan: () => NaN, func: () => boom,
  tag: () => getters({}, Symbol.toStringTag), primitive: () => ({ [Symbol.toPrimitive]: boom, toString: boom, valueOf: boom }),
  toJSON: () => ({ toJSON: boom }), toJSONUndefined: () => ({ toJSON: () => undefined }), inspect: () => ({ [Symbol.for('nodejs.util.inspect.custom')]: boom }),
  big: () => ({ a: 1n }), deep, cycle, getter: () => getters({}, 'a'), huge: () => 'x'.repeat(1_100_000),
  thenGetter: () => getters({}, 'then'), thenThrows: () => ({ then: boom }), thenRejects: () => ({ then: (_, no) => no(revoked()) }),
  thenTwice: () => ({ then: (yes, no) => { yes('ok'); yes('no'); no(new Error('late')); boom(); } }),
  thenOfThen: () => ({ then: (yes) => yes({ then: boom }) }), ownThen: () => Object.assign(Promise.resolve('x'), { then: () => 7 }),
  ownThenThrows: () => Object.assign(Promise.resolve('x'), { then: boom }), rejected: () => { const no = Promise.reject(new Proxy({}, traps)); no.catch(() => {}); return no; },
  statusNaN: () => fake({ status: NaN }), status99: () => fake({ status: 99 }), status1000: () => fake({ status: 1000 }), statusHalf: () => fake({ status: 200.5 }),
  statusNaNStream: () => fake({ status: NaN, body: stream(() => new Promise(() => {})) }),
  statusTextLine: () => fake({ statusText: 'a\\r\\nb' }), statusTextSymbol: () => fake({ statusText: Symbol('s') }),
  statusTextStream: () => fake({ statusText: 'a\\r\\nb', body: stream(() => new Promise(() => {})) }),
  headerNumber: () => fake({ headers: new Map([['a', 7]]) }), headerSymbol: () => fake({ headers: new Map([['a', Symbol('s')]]) }),
  headerName: () => fake({ headers: new Map([['a b', 'c']]) }), headerLine: () => fake({ headers: new Map([['a', 'b\\r\\nc: d']]) }), headerNull: () => fake({ headers: new Map([[null, undefined]]) }),
  headersThrow: () => fake({ headers: { forEach: boom, has: boom, [Symbol.iterator]: boom } }), headersGarbage: () => fake({ headers: { forEach() {}, has() {}, [Symbol.iterator]: () => [1, null][Symbol.iterator]() } }),
  lengthWrong: () => fake({ headers: new Map([['content-length', '-1']]), body: stream(async () => ({ done: true })) }),
  lengthShort: () => fake({ headers: new Map([['content-length', '1']]), body: late() }),
  bodyGetter: () => getters(fake({}), 'body'), bodyNumber: () => fake({ body: 7 }), bodyUsed: () => { void used.text().catch(() => {}); return used; },
  locked: () => { const r = new Response(new ReadableStream()); r.body.getReader(); return r; }, lockedStream: () => { const s = new ReadableStream(); s.getReader(); return s; },
  error: () => Response.error(), statusOwn: () => new Response('x', { status: 999 }), bodyOf204: () => new Response('x', { status: 204 }),
  socketNone: () => new Response(null, { webSocket: {} }), socketProxy: () => new Response(null, { webSocket: new Proxy({}, traps) }),
  late, lateNow: async function* () { throw new Proxy({}, traps); }, streamOfObjects: () => stream(async () => ({ value: { a: 1 } })), streamOfProxies: () => stream(async () => ({ value: revoked() })),
  noIterator: () => ({ [Symbol.asyncIterator]: 7 }), iteratorNull: () => ({ [Symbol.asyncIterator]: () => null }), iteratorThrows: () => ({ [Symbol.asyncIterator]: boom }),
  nextThrows: () => stream(boom), nextNumber: () => stream(() => 7), nextNull: () => stream(async () => null), valueGetter: () => stream(async () => getters({}, 'value')), doneGetter: () => stream(async () => getters({}, 'done')),
  returnThrows: () => stream(async () => ({ value: 7 }), { return: boom }), returnRejects: () => stream(async () => ({ value: 7 }), { return: () => Promise.reject(revoked()) }),
  returnGetter: () => stream(async () => ({ value: 7 }), getters({}, 'return')), destroyThrows: () => ({ ...stream(async () => ({ value: 7 })), destroy: boom }),
  cancelThrows: () => new ReadableStream({ pull(c) { c.enqueue(7); }, cancel: boom }), startRejects: () => new ReadableStream({ start: () => Promise.reject(revoked()) }),
  fakeStream: () => ({ [Symbol.toStringTag]: 'ReadableStream', [Symbol.asyncIterator]: boom }), fakeReader: () => ({ [Symbol.toStringTag]: 'ReadableStream', [Symbol.asyncIterator]: boom, getReader: () => ({ read: boom, cancel: boom }) }),
  fakeBlob: () => ({ [Symbol.toStringTag]: 'Blob' }), blobOfGarbage: () => ({ [Symbol.toStringTag]: 'Blob', stream: () => 7 }), detached, detachedView: () => { const view = new Uint8Array(8); structuredClone(view.buffer, { transfer: [view.buffer] }); return view; },
  shared: () => new Uint8Array(new SharedArrayBuffer(8)), bytes: () => bytes,
};`;
