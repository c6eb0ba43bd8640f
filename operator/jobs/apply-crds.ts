import { definitions } from '#api/crd.ts';
import { FIELD_MANAGER } from '#api/names.ts';
import { establishCrd } from '#platform/kube/crd.ts';
import type { JobContext } from './job.ts';

/** Brings the CRDs to the version that this program knows, whichever manager wrote them before. */
export async function applyCrds({ kube, log, signal }: JobContext): Promise<void> {
  for (const crd of definitions()) {
    await establishCrd(kube, crd, { fieldManager: FIELD_MANAGER.operator, signal });
    log.info({ crd: crd.metadata }, 'the API server serves what this defines');
  }
}
