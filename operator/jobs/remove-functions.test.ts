import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TRIGGER_PLURAL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { Resource } from '#platform/kube/resources.ts';
import type { JobContext } from './job.ts';
import { removeFunctions } from './remove-functions.ts';

/** A cluster without anything, whose API server answers lists of Triggers with this status. */
function emptyBut(status: number): JobContext {
  const kube = {
    listAll: async ({ plural }: Resource) => {
      if (plural === TRIGGER_PLURAL)
        throw new KubeError(status, 'x', 'the server could not find the requested resource');
      return { items: [] };
    },
  } as unknown as KubeClient;
  const log = { info: () => {}, warn: () => {} } as unknown as JobContext['log'];
  const config = { CATNAP_CHORE_SECONDS: 5, CATNAP_LOG_LEVEL: 'info' } as JobContext['config'];
  return { kube, config, log, signal: AbortSignal.timeout(5_000) };
}

test('Functions are removed where the definition of Triggers has not come yet', async () => {
  await removeFunctions(emptyBut(404));
});

test('Functions stay where Triggers, which call them, cannot be listed', async () => {
  await assert.rejects(removeFunctions(emptyBut(403)), (error) => error instanceof KubeError && error.status === 403);
});
