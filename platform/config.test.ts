import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { ConfigError, envFlag, envList, envLogLevel, envPort, readConfig } from './config.ts';

const schema = z.object({
  CATNAP_PORT: envPort.default(8080),
  CATNAP_LOG_LEVEL: envLogLevel.default('info'),
  CATNAP_QUIET: envFlag.default(false),
  CATNAP_URLS: envList.default([]),
  CATNAP_NEEDED: z.string(),
});

test('reads what is set, and takes defaults for what is absent or empty', () => {
  const env = { CATNAP_PORT: '81', CATNAP_QUIET: '1', CATNAP_URLS: 'a, b,', CATNAP_LOG_LEVEL: '', CATNAP_NEEDED: 'x' };
  assert.deepEqual(readConfig(schema, env), {
    CATNAP_PORT: 81,
    CATNAP_LOG_LEVEL: 'info',
    CATNAP_QUIET: true,
    CATNAP_URLS: ['a', 'b'],
    CATNAP_NEEDED: 'x',
  });
});

test('ignores variables that it does not know', () => {
  const config = readConfig(schema, { CATNAP_NEEDED: 'x', CATNAP_OF_ANOTHER_PROCESS: 'y', PATH: '/bin' });
  assert.ok(!('CATNAP_OF_ANOTHER_PROCESS' in config));
});

test('names all mistakes at once, each with its variable', () => {
  const env = { CATNAP_PORT: 'eighty', CATNAP_LOG_LEVEL: 'loud', CATNAP_QUIET: 'maybe' };
  assert.throws(
    () => readConfig(schema, env),
    (error: Error) => {
      assert.ok(error instanceof ConfigError);
      const [head, ...mistakes] = error.message.split('\n');
      assert.equal(head, 'the environment is not usable:');
      assert.deepEqual(
        mistakes.map((line) => line.trim().split(':')[0]),
        ['CATNAP_PORT', 'CATNAP_LOG_LEVEL', 'CATNAP_QUIET', 'CATNAP_NEEDED'],
      );
      assert.match(error.message, /CATNAP_NEEDED: is not set/);
      return true;
    },
  );
});

test('a rule over several variables is named as it is written', () => {
  const both = z
    .object({ A: z.string().optional(), B: z.string().optional() })
    .refine((env) => env.A || env.B, 'set A or B');
  assert.throws(() => readConfig(both, {}), /set A or B/);
});
