import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Output } from './output.ts';

const HOSTILE = '\u001b]0;owned\u0007a\u009b2J\u202eb';
const SHOWN = '�]0;owned�a�2J�b';

function anOutput(on: { json?: boolean; terminal?: boolean } = {}) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const output = new Output({ out, err, json: false, colour: false, terminal: false, ...on });
  return {
    output,
    out: () => out.read(out.readableLength)?.toString() ?? '',
    err: () => err.read(err.readableLength)?.toString() ?? '',
  };
}

test('what is of the cluster commands no terminal: not in results, notes, nor as JSON, which means the same', () => {
  const text = anOutput();
  text.output.result({}, () => HOSTILE);
  text.output.note(HOSTILE);
  assert.deepEqual([text.out(), text.err()], [`${SHOWN}\n`, `${SHOWN}\n`]);
  const json = anOutput({ json: true });
  json.output.result({ said: HOSTILE }, () => '');
  const printed = json.out();
  assert.match(printed, /^[\n -~]+$/);
  assert.deepEqual(JSON.parse(printed), { said: HOSTILE });
});

test('what another program reads is byte for byte, and on a terminal printable', async () => {
  const bytes = [Buffer.from(HOSTILE), Buffer.of(0xff, 0x0d), Buffer.from('\nend\r')];
  const file = anOutput();
  await file.output.stream(
    (async function* () {
      yield* bytes;
    })(),
  );
  assert.equal(file.out(), Buffer.concat(bytes).toString());
  file.output.document({}, () => HOSTILE);
  assert.equal(file.out(), `${HOSTILE}\n`);
  const terminal = anOutput({ terminal: true });
  await terminal.output.stream(
    (async function* () {
      yield* bytes;
    })(),
  );
  assert.equal(terminal.out(), `${SHOWN}�\nend�`);
  terminal.output.document({}, () => HOSTILE);
  assert.equal(terminal.out(), `${SHOWN}\n`);
});
