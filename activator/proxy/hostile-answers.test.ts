/** What a replica may answer, by mistake or on purpose: it ends its own request at worst. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thrownCounts } from '../errors/guarded-entries.ts';
import { ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n';
const hint = (link: string) => `HTTP/1.1 103 Early Hints\r\nlink: ${link}\r\n\r\n`;

/** What is answered; of it, what the client sees. */
const ANSWERS: readonly { what: string; answer: string; method?: string; sees: RegExp | 'the end' }[] = [
  {
    what: 'Trailer with Content-Length',
    answer: 'HTTP/1.1 200 OK\r\ntrailer: x\r\ncontent-length: 2\r\n\r\nok',
    sees: /^HTTP\/1\.1 200 (?![\s\S]*trailer:)[\s\S]*ok$/,
  },
  {
    what: 'Trailer with a large Content-Length',
    answer: `HTTP/1.1 200 OK\r\ntrailer: x\r\ncontent-length: 20000\r\n\r\n${'x'.repeat(20_000)}`,
    sees: /^HTTP\/1\.1 200 (?![\s\S]*trailer:)[\s\S]*x{20000}$/,
  },
  {
    what: 'Trailer with 204',
    answer: 'HTTP/1.1 204 No Content\r\ntrailer: x\r\n\r\n',
    sees: /^HTTP\/1\.1 204 (?![\s\S]*trailer:)/,
  },
  {
    what: 'Trailer with 304',
    answer: 'HTTP/1.1 304 Not Modified\r\ntrailer: x\r\n\r\n',
    sees: /^HTTP\/1\.1 304 (?![\s\S]*trailer:)/,
  },
  { what: 'Trailer to HEAD', answer: chunked, method: 'HEAD', sees: /^HTTP\/1\.1 200 (?![\s\S]*trailer:)/ },
  {
    what: 'several trailers',
    answer: `${chunked}2\r\nok\r\n0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n`,
    sees: /trailer: x-sum\r\n[\s\S]*0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n$/,
  },
  {
    what: 'trailers that frame a message',
    answer: `${chunked}0\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\nconnection: close\r\n\r\n`,
    sees: /0\r\n\r\n$/,
  },
  { what: 'a trailer without a name', answer: `${chunked}2\r\nok\r\n0\r\n: 1\r\n\r\n`, sees: 'the end' },
  {
    what: 'a length with 204',
    answer: 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello',
    sees: /^HTTP\/1\.1 204 (?![\s\S]*content-length)/,
  },
  { what: '1xx without end', answer: hint('</a>; rel=preload').repeat(5_000), sees: /502 / },
  {
    what: 'hints that are none',
    answer: `${hint('nonsense')}${hint('<\u00e9>; x')}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
    sees: /200 OK[\s\S]*ok$/,
  },
  {
    what: '101 that was not asked for',
    answer: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  { what: 'status 099', answer: 'HTTP/1.1 099 Low\r\n\r\n', sees: /^HTTP\/1\.1 502 / },
  { what: 'status 1000', answer: 'HTTP/1.1 1000 High\r\n\r\n', sees: /^HTTP\/1\.1 502 / },
  { what: 'status 999', answer: 'HTTP/1.1 999 High\r\ncontent-length: 0\r\n\r\n', sees: /^HTTP\/1\.1 999 High/ },
  {
    what: 'a reason in Latin-1',
    answer: 'HTTP/1.1 200 \u00fcber\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 200 /,
  },
  {
    what: 'a control character in the reason',
    answer: 'HTTP/1.1 200 O\u0001K\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'a bare CR in a value',
    answer: 'HTTP/1.1 200 OK\r\na: b\rc\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'a header without a name',
    answer: 'HTTP/1.1 200 OK\r\n: b\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'a name that is none',
    answer: 'HTTP/1.1 200 OK\r\na(b): c\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'a zero byte in a value',
    answer: 'HTTP/1.1 200 OK\r\na: \u0000\r\ncontent-length: 0\r\n\r\n',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'two lengths that differ',
    answer: 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok',
    sees: /^HTTP\/1\.1 502 /,
  },
  {
    what: 'a length that is none',
    answer: 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok',
    sees: /^HTTP\/1\.1 502 /,
  },
  { what: 'more than its length', answer: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more', sees: /ok$/ },
  {
    what: 'a header that names what frames it',
    answer: 'HTTP/1.1 200 OK\r\nconnection: content-length, close\r\ncontent-length: 2\r\n\r\nok',
    sees: /content-length: 2\r\n[\s\S]*ok$/,
  },
];

test('whatever a replica answers, the request ends and the next one is served', async () => {
  await using wired = await wiredGateway((socket, text) => {
    const at = Number(/^\w+ \/(\d+)/.exec(text)?.[1] ?? -1);
    socket.write(ANSWERS[at]?.answer ?? 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine', 'latin1');
  });
  const before = [...thrownCounts()];
  for (const [i, { what, method = 'GET', sees }] of ANSWERS.entries()) {
    using wire = new Wire(wired.port);
    wire.send(`${method} /${i} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    if (sees === 'the end') await wire.end();
    else await wire.until(sees).catch((error) => assert.fail(`${what}: ${error}`));
    await until(() => wired.gateway.traffic('hello').inFlight === 0, `${what}: it is over`);
    assert.equal((await ask(wired.port)).body, 'fine', what);
  }
  assert.deepEqual([...thrownCounts()], before);
});

test('a client of HTTP/1.0 gets no Trailer', async () => {
  await using wired = await wiredGateway((socket) => socket.end(`${chunked}2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n`));
  using wire = new Wire(wired.port).send(`GET / HTTP/1.0\r\nhost: ${HOST}\r\n\r\n`);
  await wire.end();
  assert.match(wire.text, /^HTTP\/1\.1 200 (?![\s\S]*trailer)[\s\S]*ok$/i);
});
