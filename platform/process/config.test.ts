import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import {
  ConfigError,
  envFlag,
  envJson,
  envList,
  envLogLevel,
  envNamespaces,
  envNetworks,
  envPort,
  readConfig,
} from './config.ts';

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

test('a list of namespaces names at least one, and only what a namespace can be called', () => {
  const namespaces = z.object({ CATNAP_NAMESPACES: envNamespaces.optional() });
  assert.deepEqual(readConfig(namespaces, { CATNAP_NAMESPACES: 'a, b-2' }), { CATNAP_NAMESPACES: ['a', 'b-2'] });
  assert.deepEqual(readConfig(namespaces, { CATNAP_NAMESPACES: '' }), {});
  assert.throws(() => readConfig(namespaces, { CATNAP_NAMESPACES: ',' }), /CATNAP_NAMESPACES: names no namespace/);
  assert.throws(() => readConfig(namespaces, { CATNAP_NAMESPACES: 'a,B' }), /must be names of namespaces/);
});

test('networks are in CIDR notation, or single addresses', () => {
  const networks = z.object({ CATNAP_NETWORKS: envNetworks.default([]) });
  const good = ['10.42.0.0/16', '192.0.2.1', '0.0.0.0/0', 'fd00::/8', '::1', '::ffff:10.0.0.0/104'];
  assert.deepEqual(readConfig(networks, { CATNAP_NETWORKS: good.join(', ') }), { CATNAP_NETWORKS: good });
  for (const text of [
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/08',
    '10.0.0.0/',
    'fe80::1%eth0',
    'a.example',
    '10.0.0.0/8/8',
  ])
    assert.throws(
      () => readConfig(networks, { CATNAP_NETWORKS: text }),
      /CATNAP_NETWORKS: \S+ is no network in CIDR notation/,
      text,
    );
});

test('a mistake within JSON is named with its place', () => {
  const rules = z.object({ CATNAP_RULES: envJson.pipe(z.strictObject({ egress: z.enum(['open', 'closed']) })) });
  assert.deepEqual(readConfig(rules, { CATNAP_RULES: '{"egress":"open"}' }), { CATNAP_RULES: { egress: 'open' } });
  assert.throws(() => readConfig(rules, { CATNAP_RULES: '{' }), /CATNAP_RULES: is not JSON/);
  assert.throws(() => readConfig(rules, { CATNAP_RULES: '{"egress":"on"}' }), /CATNAP_RULES\.egress: Invalid option/);
});
