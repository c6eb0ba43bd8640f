import { type Case, is, SYNTAX_ERROR, TYPE_ERROR, type Web } from '../case.ts';

type Read = 'text' | 'json' | 'arrayBuffer' | 'bytes' | 'blob' | 'formData';
const READS: readonly Read[] = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'];
type Make = (web: Web, body: unknown, headers?: object) => Request | Response;
const MAKERS: [string, Make][] = [
  [
    'Request',
    ({ Request }, body, headers = {}) =>
      new Request('http://site.test/', { method: 'POST', body, headers, duplex: 'half' }),
  ],
  ['Response', ({ Response }, body, headers = {}) => new Response(body, { headers })],
];
const URLENCODED = 'application/x-www-form-urlencoded';
const chunked = (...chunks: unknown[]) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const bytesOf = (text: string) => new TextEncoder().encode(text);
const asText = async (value: unknown): Promise<unknown> =>
  value instanceof Blob
    ? value.text()
    : value instanceof ArrayBuffer || value instanceof Uint8Array
      ? Buffer.from(value as Uint8Array).toString()
      : value;
async function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(asText, (error: Error) => ({ throws: error.name }));
}

function form(): FormData {
  const data = new FormData();
  data.append('name', 'value');
  return data;
}

const NOTHING: [Read, unknown][] = [
  ['text', ''],
  ['json', SYNTAX_ERROR],
  ['arrayBuffer', ''],
  ['bytes', ''],
  ['blob', ''],
  ['formData', TYPE_ERROR],
];
const MADE: [string, () => unknown, string | null, string][] = [
  ['a text', () => 'text', 'text/plain;charset=UTF-8', 'text'],
  ['an empty text', () => '', 'text/plain;charset=UTF-8', ''],
  ['a number', () => 1, 'text/plain;charset=UTF-8', '1'],
  ['an object', () => ({}), 'text/plain;charset=UTF-8', '[object Object]'],
  ['a text with half a character', () => 'a\ud800b', 'text/plain;charset=UTF-8', 'a\ufffdb'],
  ['a query', () => new URLSearchParams({ a: '1', b: 'ä' }), `${URLENCODED};charset=UTF-8`, 'a=1&b=%C3%A4'],
  ['an empty query', () => new URLSearchParams(), `${URLENCODED};charset=UTF-8`, ''],
  ['an ArrayBuffer', () => bytesOf('text').buffer, null, 'text'],
  ['an empty ArrayBuffer', () => new ArrayBuffer(0), null, ''],
  ['a part of an ArrayBuffer', () => bytesOf('a text.').subarray(2, 6), null, 'text'],
  ['a DataView', () => new DataView(bytesOf('a text.').buffer, 2, 4), null, 'text'],
  ['a Uint16Array', () => new Uint16Array([0x6261, 0x6463]), null, 'abcd'],
  ['a Blob', () => new Blob(['text']), null, 'text'],
  ['a Blob with a type', () => new Blob(['text'], { type: 'Image/PNG' }), 'image/png', 'text'],
  ['an empty Blob', () => new Blob([]), null, ''],
  ['a stream', () => chunked(bytesOf('te'), bytesOf('xt')), null, 'text'],
  ['an empty stream', () => chunked(), null, ''],
];

const made: Case[] = MAKERS.flatMap(([what, make]) => [
  ...MADE.map(([body, of, type, text]) =>
    is(`a ${what} of ${body} has its type, and is used once read`, [type, false, text, true], async (web) => {
      const message = make(web, of());
      const before = message.bodyUsed;
      return [message.headers.get('content-type'), before, await message.text(), message.bodyUsed];
    }),
  ),
  is(`a ${what} of a form has its boundary`, [true, true], async (web) => {
    const message = make(web, form());
    const type = message.headers.get('content-type') ?? '';
    return [
      /^multipart\/form-data; ?boundary=./.test(type),
      (await message.text()).includes('name="name"\r\n\r\nvalue'),
    ];
  }),
  is(`a ${what} keeps the bytes that it was given`, 'text', async (web) => {
    const bytes = bytesOf('text');
    const message = make(web, bytes);
    bytes.fill(0);
    return message.text();
  }),
  is(`a ${what} without a body has none, and one that is empty has one`, [null, true], (web) => [
    make(web, null).body,
    make(web, '').body instanceof ReadableStream,
  ]),
]);

const consumed: Case[] = MAKERS.flatMap(([what, make]) => [
  ...NOTHING.map(([read, expected]) =>
    is(`a ${what} without a body, read as ${read}, is not used`, [expected, false], async (web) => {
      const message = make(web, null);
      return [await thrown(message[read]()), message.bodyUsed];
    }),
  ),
  is(`a ${what} without a body may be an empty form`, [[], false], async (web) => {
    const message = make(web, null, { 'content-type': `${URLENCODED};charset=UTF-8` });
    return [[...(await message.formData())], message.bodyUsed];
  }),
  is(`a ${what} without a body is no form of parts`, TYPE_ERROR, (web) =>
    make(web, null, { 'content-type': 'multipart/form-data; boundary="b"' }).formData(),
  ),
  ...READS.filter((read) => read !== 'formData').map((read) =>
    is(`a ${what} of JSON is read as ${read}`, [read === 'json' ? 1 : '1', true], async (web) => {
      const message = make(web, '1');
      return [await thrown(message[read]()), message.bodyUsed];
    }),
  ),
  ...READS.map((read) =>
    is(`a ${what} that was read is not read again as ${read}`, TYPE_ERROR, async (web) => {
      const message = make(web, '1');
      await message.text();
      return thrown(message[read]());
    }),
  ),
  ...READS.map((read) =>
    is(`a ${what} whose body is being read is not read as ${read}`, [TYPE_ERROR, false], async (web) => {
      const message = make(web, '1');
      message.body?.getReader();
      return [await thrown(message[read]()), message.bodyUsed];
    }),
  ),
  ...READS.filter((read) => read !== 'formData').map((read) =>
    is(`a ${what} with chunks that are no bytes is not read as ${read}`, TYPE_ERROR, (web) =>
      thrown(make(web, chunked('text'))[read]()),
    ),
  ),
  is(`what breaks the stream of a ${what} is what its reader gets`, { throws: 'RangeError' }, (web) =>
    thrown(make(web, new ReadableStream({ start: (controller) => controller.error(new RangeError()) })).text()),
  ),
  is(`a ${what} is used once its stream is cancelled`, true, async (web) => {
    const message = make(web, 'text');
    await message.body?.cancel();
    return message.bodyUsed;
  }),
  is(`a ${what} is used once a piece of its stream was read`, [TYPE_ERROR, true], async (web) => {
    const message = make(web, 'text');
    const reader = message.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return [await thrown(message.text()), message.bodyUsed];
  }),
  is(`a ${what} is used as soon as it begins to be read`, true, (web) => {
    const message = make(web, 'text');
    void message.text();
    return message.bodyUsed;
  }),
]);

const decoded: Case[] = MAKERS.flatMap(([what, make]) => [
  is(`the mark of the encoding is not of the text of a ${what}`, 'a\ufeff', (web) =>
    make(web, new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf])).text(),
  ),
  is(`the mark of the encoding is not of the JSON of a ${what}`, 1, (web) => make(web, '\ufeff1').json()),
  is(`what is no UTF-8 in a ${what} is shown as such`, 'a\ufffd\ufffdb', (web) =>
    make(web, new Uint8Array([0x61, 0xff, 0xc0, 0x62])).text(),
  ),
  is(`what is no JSON in a ${what} is a syntax error`, SYNTAX_ERROR, (web) => make(web, '{').json()),
  is(`the text of a ${what} is UTF-8, whatever its type says`, 'ä', (web) =>
    make(web, 'ä', { 'content-type': 'text/plain; charset=iso-8859-1' }).text(),
  ),
  ...(
    [
      ['text/plain', 'text/plain'],
      ['TEXT/Html; Charset="UTF-8"', 'text/html;charset=utf-8'],
      ['text/plain;charset=UTF-8;a=b', 'text/plain;charset=utf-8;a=b'],
      ['nonsense', ''],
      ['', ''],
      ['text/html, text/plain', 'text/plain'],
    ] as const
  ).map(([type, expected]) =>
    is(
      `the Blob of a ${what} with type ${JSON.stringify(type)}`,
      expected,
      async (web) => (await make(web, null, { 'content-type': type }).blob()).type,
    ),
  ),
  is(`the Blob of a ${what} has the type that was set last`, ['text/html', ''], async (web) => {
    const message = make(web, 'text');
    message.headers.set('content-type', 'text/html');
    const copy = message.clone();
    copy.headers.delete('content-type');
    return [(await message.blob()).type, (await copy.blob()).type];
  }),
]);

const PART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
const FORMS: [string, string, string, unknown][] = [
  [
    'a query',
    'a=1&b=+%C3%A4&a=2',
    URLENCODED,
    [
      ['a', '1'],
      ['b', ' ä'],
      ['a', '2'],
    ],
  ],
  ['a query with a parameter in its type', 'a=1', `${URLENCODED}; charset=x`, [['a', '1']]],
  ['parts', PART, 'multipart/form-data; boundary=b', [['a', '1']]],
  ['parts with a quoted boundary', PART, 'Multipart/Form-Data; boundary="b"', [['a', '1']]],
  ['no part', '--b--\r\n', 'multipart/form-data; boundary=b', []],
  ['parts without their boundary', PART, 'multipart/form-data', TYPE_ERROR],
  ['parts with another boundary', PART, 'multipart/form-data; boundary=c', TYPE_ERROR],
  ['parts without an end', PART.slice(0, -6), 'multipart/form-data; boundary=b', TYPE_ERROR],
  ['nothing of parts', '', 'multipart/form-data; boundary=b', TYPE_ERROR],
  ['a text', 'a=1', 'text/plain', TYPE_ERROR],
];
const forms: Case[] = MAKERS.flatMap(([what, make]) => [
  ...FORMS.map(([name, text, type, expected]) =>
    is(`a ${what} of ${name} as a form`, expected, async (web) => [
      ...(await make(web, text, { 'content-type': type }).formData()),
    ]),
  ),
  is(
    `a form comes out of a ${what} as it went in`,
    [
      ['name', 'value'],
      ['file', 'f.txt', 'text/x', 'ä'],
    ],
    async (web) => {
      const data = form();
      data.append('file', new File(['ä'], 'f.txt', { type: 'text/x' }));
      const [text, file] = [...(await make(web, data).formData())];
      const [field, sent] = file as [string, File];
      return [text, [field, sent.name, sent.type, await sent.text()]];
    },
  ),
  is(`a form of a ${what} has its line ends and quotes`, [['a"b', 'c\r\nd']], async (web) => {
    const data = new FormData();
    data.append('a"b', 'c\nd');
    return [...(await make(web, data).formData())];
  }),
]);

export const BODY: readonly Case[] = [...made, ...consumed, ...decoded, ...forms];
