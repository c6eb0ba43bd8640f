import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEST_CA } from '#platform/testing/certificates.ts';
import { RedisConnection } from './redis-client.ts';

test('a Secret that has an authority too is as good for a Redis without TLS, which needs none', async (t) => {
  const secretDir = await mkdtemp(join(tmpdir(), 'catnap-redis-secret-'));
  t.after(() => rm(secretDir, { recursive: true }));
  await writeFile(join(secretDir, 'ca.crt'), TEST_CA);
  for (const protocol of ['redis', 'rediss']) {
    using redis = await RedisConnection.open({ url: `${protocol}://127.0.0.1:1`, secretDir });
    assert.equal(redis.isReady, false);
  }
});
