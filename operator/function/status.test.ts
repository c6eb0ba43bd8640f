// Longer than 250 lines: one table of facts and the conditions that they make.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConditionType } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { aCrashedPod, aDeployment, aFunction, aPod, at, someRevisions } from '../testing/builders.ts';
import { knownFailure, planRollout } from './rollout.ts';
import { invalidStatus, nextStatus, type Observation } from './status.ts';

const ANSWERED = '2026-01-01T00:00:00Z';
const readyPod = (revision: string) => aPod({ revision, ready: true });

function status(
  revisions: ReturnType<typeof someRevisions>,
  more: Partial<Observation> = {},
  fn = aFunction(),
): FunctionStatus {
  const latest = 'new';
  const rollout = planRollout({
    revisions,
    latest,
    servingBefore: revisions.some(({ name }) => name === 'old') ? 'old' : undefined,
    knownFailure: undefined,
    maxReplicas: 10,
    nowMs: at(0),
  });
  return nextStatus(
    fn,
    { url: 'http://hello.default.localhost', routes: [], latest, revisions, rollout, ...more },
    at(0),
  );
}

/** `True Ready` */
function condition(of: FunctionStatus, type: ConditionType): string {
  const found = of.conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason}`;
}
const message = (of: FunctionStatus, type: ConditionType) =>
  of.conditions?.find((one) => one.type === type)?.message ?? '';

test('a function that was never called is ready at zero and not known to work', () => {
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 0 })]));
  assert.equal(condition(now, 'Ready'), 'True Untried');
  assert.equal(condition(now, 'RevisionReady'), 'Unknown Untried');
  assert.equal(condition(now, 'Active'), 'False ScaledToZero');
  assert.equal(now.replicas, 0);
  assert.equal(now.revision, 'new');
  assert.equal(now.latestRevision, 'new');
});

test('asleep after it answered, it is known to work', () => {
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 0, answeredAt: ANSWERED })]));
  assert.equal(condition(now, 'Ready'), 'True ScaledToZero');
  assert.equal(condition(now, 'RevisionReady'), 'True ScaledToZero');
});

test('the very first start is in progress, not ready', () => {
  const now = status(someRevisions([aDeployment({ revision: 'new' })], [aPod({ revision: 'new' })]));
  assert.equal(condition(now, 'Ready'), 'Unknown Progressing');
  assert.equal(condition(now, 'Active'), 'True Progressing');
});

test('a cold start of what answered before does not make it unready', () => {
  const now = status(
    someRevisions([aDeployment({ revision: 'new', answeredAt: ANSWERED })], [aPod({ revision: 'new' })]),
  );
  assert.equal(condition(now, 'Ready'), 'True Progressing');
  assert.equal(condition(now, 'RevisionReady'), 'True Progressing');
});

test('with a ready replica it is ready and says how many there are', () => {
  const now = status(
    someRevisions([aDeployment({ revision: 'new', replicas: 2 })], [readyPod('new'), aPod({ revision: 'new' })]),
  );
  assert.equal(condition(now, 'Ready'), 'True Ready');
  assert.equal(condition(now, 'Active'), 'True Ready');
  assert.equal(now.replicas, 2);
  assert.equal(now.readyReplicas, 1);
});

test('while a new revision starts beside the old one, the function is ready', () => {
  const deployments = [aDeployment({ revision: 'old', answeredAt: ANSWERED }), aDeployment({ revision: 'new' })];
  const now = status(someRevisions(deployments, [readyPod('old'), aPod({ revision: 'new' })]));
  assert.equal(now.revision, 'old');
  assert.equal(now.latestRevision, 'new');
  assert.equal(condition(now, 'Ready'), 'True Progressing');
  assert.equal(condition(now, 'RevisionReady'), 'Unknown Progressing');
  assert.equal(now.readyReplicas, 1);
});

test('a failed new revision makes it unready, and says that the old one keeps the traffic', () => {
  const deployments = [aDeployment({ revision: 'old', answeredAt: ANSWERED }), aDeployment({ revision: 'new' })];
  const now = status(someRevisions(deployments, [readyPod('old'), aCrashedPod('new', 'boom')]));
  assert.equal(now.revision, 'old');
  assert.equal(condition(now, 'Ready'), 'False CrashLoop');
  assert.equal(condition(now, 'RevisionReady'), 'False CrashLoop');
  assert.equal(condition(now, 'Active'), 'True Ready');
  assert.match(message(now, 'Ready'), /boom\nold keeps the traffic$/);
});

test('a source that does not compile makes it unready and leaves the revisions as they are', () => {
  const problem = { reason: 'CompileFailed', message: 'index.ts:1:2: no' } as const;
  const now = status(someRevisions([aDeployment({ revision: 'new' })], [readyPod('new')]), { sourceProblem: problem });
  assert.equal(condition(now, 'Ready'), 'False CompileFailed');
  assert.equal(condition(now, 'SourceReady'), 'False CompileFailed');
  assert.equal(condition(now, 'RevisionReady'), 'True Ready');
});

test('a source that never compiled has no revision', () => {
  const problem = { reason: 'CompileFailed', message: 'index.ts:1:2: no' } as const;
  const now = nextStatus(aFunction(), { url: 'u', routes: [], revisions: [], sourceProblem: problem }, at(0));
  assert.equal(condition(now, 'RevisionReady'), 'Unknown Progressing');
  assert.equal(condition(now, 'Active'), 'False ScaledToZero');
  assert.equal(now.revision, undefined);
});

test('a taken name makes it unready by the part it concerns', () => {
  const routeProblem = { reason: 'NameTaken', message: 'there is a Service' } as const;
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 0 })]), { routeProblem });
  assert.equal(condition(now, 'Ready'), 'False NameTaken');
  assert.equal(condition(now, 'RouteReady'), 'False NameTaken');
  assert.equal(condition(now, 'RevisionReady'), 'Unknown Untried');
});

test('policies that mean nothing are told, with the place in the spec: gateways let no request through', () => {
  const fn = aFunction();
  const revisions = someRevisions([aDeployment({ revision: 'new', replicas: 0 })]);
  const wrong = { ...fn, spec: { ...fn.spec, denyFrom: ['10.0.0.0/8', '1::2::3'] } };
  const now = nextStatus(wrong, { url: 'u', routes: [], latest: 'new', revisions }, at(0));
  assert.equal(condition(now, 'Ready'), 'False PolicyInvalid');
  assert.equal(condition(now, 'RouteReady'), 'False PolicyInvalid');
  assert.match(String(now.conditions?.find(({ type }) => type === 'Ready')?.message), /spec\.denyFrom\[1\]: "1::2::3"/);
});

test('waiting for a node is no verdict on the revision, but the function is not ready', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  const now = status(
    someRevisions([aDeployment({ revision: 'new' })], [aPod({ revision: 'new', state: {}, conditions })]),
  );
  assert.equal(condition(now, 'RevisionReady'), 'Unknown Unschedulable');
  assert.equal(condition(now, 'Ready'), 'False Unschedulable');
});

test('what passes by itself is no verdict, and forgotten when it is over', () => {
  const message = 'failed to sync configmap cache: timed out waiting for the condition';
  const busy = { waiting: { reason: 'CreateContainerConfigError', message } };
  const seen = (answeredAt?: string) =>
    status(
      someRevisions(
        [aDeployment({ revision: 'new', ...(answeredAt && { answeredAt }) })],
        [aPod({ revision: 'new', state: busy })],
      ),
    );
  assert.equal(condition(seen(), 'RevisionReady'), 'Unknown Progressing');
  assert.equal(condition(seen(), 'Ready'), 'Unknown Progressing');
  assert.equal(condition(seen(ANSWERED), 'Ready'), 'True Progressing', 'a cold start of what answered before');
  assert.equal(knownFailure({ ...seen(), latestRevision: 'new' }), undefined);
});

test('while a new revision is tried it is not known whether the function is ready, whatever else serves', () => {
  const deployments = [aDeployment({ revision: 'old', answeredAt: ANSWERED }), aDeployment({ revision: 'new' })];
  const revisions = someRevisions(deployments, [readyPod('old'), aPod({ revision: 'new' })]);
  const tried = (trial: NonNullable<Observation['trial']>) => status(revisions, { trial });
  assert.equal(condition(tried({ revision: 'new' }), 'Ready'), 'Unknown Progressing');
  assert.match(
    message(tried({ revision: 'new' }), 'Ready'),
    /^new waits for its turn to be tried\nold keeps the traffic$/,
  );
  assert.match(message(tried({ revision: 'new', startedAt: ANSWERED }), 'Ready'), /^new is being tried/);
  const answered = { revision: 'new', startedAt: ANSWERED, answeredAt: ANSWERED };
  assert.match(message(tried(answered), 'Ready'), /^new answered; the gateways are about to/);
});

test('Ready speaks of the content of the ConfigMap that the annotation names, and of none before', () => {
  const revisions = someRevisions([aDeployment({ revision: 'new' })], [readyPod('new')]);
  const fn = aFunction({ source: { configMapRef: { name: 'src' } } });
  const annotated = { ...fn, metadata: { ...fn.metadata, annotations: { 'catnap.dev/source-hash': 'b' } } };
  const before = status(revisions, { sourceHash: 'a' }, annotated);
  assert.deepEqual([before.sourceHash, condition(before, 'Ready')], ['a', 'Unknown Progressing']);
  assert.equal(condition(status(revisions, { sourceHash: 'b' }, annotated), 'Ready'), 'True Ready');
  assert.equal(condition(status(revisions, { sourceHash: 'a' }, fn), 'Ready'), 'True Ready');
});

test('a replica that was killed for want of memory is told though it answers again', () => {
  const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const pod = aPod({ revision: 'new', ready: true, restartCount: 1, lastState, memoryLimit: '32Mi' });
  const now = status(someRevisions([aDeployment({ revision: 'new' })], [pod]));
  assert.equal(condition(now, 'Active'), 'True Ready');
  assert.match(message(now, 'Active'), /^1 of 1 replicas is ready\npod \S+ was killed .* limit of 32Mi/);
});

test('while a source compiles the failure of the revision before is no verdict, a taken name is', () => {
  const revisions = someRevisions([aDeployment({ revision: 'new' })], [aCrashedPod('new')]);
  assert.equal(condition(status(revisions, { compiling: true }), 'Ready'), 'Unknown Progressing');
  const routeProblem = { reason: 'NameTaken', message: 'there is a Service' } as const;
  assert.equal(condition(status(revisions, { compiling: true, routeProblem }), 'Ready'), 'False NameTaken');
});

test('replicas that were asked for and are not there yet are told as such', () => {
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 2 })]));
  assert.equal(condition(now, 'Active'), 'True Progressing');
  assert.equal(message(now, 'Active'), '2 replicas were asked for; there is no pod yet');
});

test('with minReplicas, zero is not healthy', () => {
  const fn = aFunction({ scaling: { minReplicas: 1 } });
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 0 })]), {}, fn);
  assert.equal(condition(now, 'Ready'), 'Unknown Progressing');
});

test('an equal observation later gives an equal status', () => {
  const revisions = someRevisions([aDeployment({ revision: 'new' })], [readyPod('new')]);
  const before = status(revisions);
  const again = nextStatus(
    { ...aFunction(), status: before },
    {
      url: before.url ?? '',
      routes: [],
      latest: 'new',
      revisions,
      rollout: {
        serving: 'new',
        failure: undefined,
        failedStarts: undefined,
        firstAnswers: [],
        latestStarts: true,
        overtaken: [],
        obsolete: [],
      },
    },
    at(3600),
  );
  assert.deepEqual(again, before);
});

test('a spec that cannot be read leaves what was known', () => {
  const before = status(someRevisions([aDeployment({ revision: 'new' })], [readyPod('new')]));
  const now = invalidStatus({ ...aFunction({}, { generation: 2 }), status: before }, 'spec.handler: no', at(1));
  assert.equal(condition(now, 'Ready'), 'False InvalidPodTemplate');
  assert.equal(condition(now, 'RouteReady'), 'True Ready');
  assert.equal(now.revision, 'new');
  assert.equal(now.observedGeneration, 2);
});

test('conditions of other writers are not taken over, whether the spec is valid or not', () => {
  const lastTransitionTime = ANSWERED;
  const buried = {
    type: 'Async',
    status: 'False',
    reason: 'Buried',
    message: '1 is buried',
    lastTransitionTime,
  } as const;
  const revisions = someRevisions([aDeployment({ revision: 'new', answeredAt: ANSWERED })]);
  const before = status(revisions);
  const fn = { ...aFunction(), status: { ...before, conditions: [buried, ...(before.conditions ?? [])] } };
  assert.deepEqual(status(revisions, {}, fn), before);
  const types = invalidStatus(fn, 'spec.handler: no', at(1)).conditions?.map(({ type }) => type);
  assert.deepEqual(types, ['Ready', 'RevisionReady', 'SourceReady', 'RouteReady', 'Active']);
});

test('a name that no Service may have leaves it ready and is told', () => {
  const serviceRefused = 'Service "1st" is invalid: metadata.name: a DNS-1035 label must start with a letter';
  const now = status(someRevisions([aDeployment({ revision: 'new', replicas: 0 })]), { serviceRefused });
  assert.equal(condition(now, 'Ready'), 'True Untried');
  assert.equal(condition(now, 'RouteReady'), 'True Ready');
  assert.match(message(now, 'RouteReady'), /^answers at http.*no short name inside the cluster.*DNS-1035/);
});

test('while its source is compiled a function is not known to be ready, whatever runs', () => {
  const revisions = someRevisions(
    [aDeployment({ revision: 'old', replicas: 1, answeredAt: ANSWERED })],
    [readyPod('old')],
  );
  const now = status(revisions, { compiling: true, latest: 'old' });
  assert.equal(condition(now, 'SourceReady'), 'Unknown Progressing');
  assert.equal(condition(now, 'Ready'), 'Unknown Progressing');
  assert.match(message(now, 'Ready'), /is being compiled/);
});
