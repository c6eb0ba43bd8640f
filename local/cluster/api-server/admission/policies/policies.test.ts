import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { configMap, deployment, type Loose, TestServer } from '../../test-server.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const POLICIES = `${REGISTRATION}/validatingadmissionpolicies`;
const BINDINGS = `${REGISTRATION}/validatingadmissionpolicybindings`;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const ON_CONFIG_MAPS = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['configmaps'],
};

suite('admission policies over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    await server.call('DELETE', POLICIES);
    await server.call('DELETE', BINDINGS);
  });

  function policy(spec: object, name = 'p'): Loose {
    return { metadata: { name }, spec: { matchConstraints: { resourceRules: [ON_CONFIG_MAPS] }, ...spec } };
  }

  /** Puts a policy in force. */
  async function enforce(spec: object, binding: object = {}): Promise<void> {
    const { code, body } = await server.call('POST', POLICIES, policy(spec));
    assert.equal(code, 201, body.message);
    const bound = { policyName: 'p', validationActions: ['Deny'], ...binding };
    assert.equal((await server.call('POST', BINDINGS, { metadata: { name: 'b' }, spec: bound })).code, 201);
  }

  const make = (name: string, data: { [key: string]: string } = {}) =>
    server.call('POST', CONFIG_MAPS, configMap(name, data));

  test('what a policy forbids is refused in its words', async () => {
    await enforce({
      validations: [{ expression: "object.metadata.name != 'bad'", message: 'call it something else' }],
    });
    assert.equal((await make('good')).code, 201);
    const { code, body } = await make('bad');
    assert.equal(code, 422);
    const why = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: call it something else";
    assert.equal(body.message, `configmaps "bad" is forbidden: ${why}`);
    assert.equal(body.reason, 'Invalid');
    assert.deepEqual(body.details, { name: 'bad', kind: 'configmaps', causes: [{ message: why }] });
    assert.equal((await server.get(`${CONFIG_MAPS}/bad`)).code, 404);
  });

  test('the reason says which code a refusal has', async () => {
    await enforce({ validations: [{ expression: 'false', reason: 'Forbidden' }] });
    const { code, body } = await make('any');
    assert.deepEqual([code, body.reason], [403, 'Forbidden']);
    assert.match(body.message, /denied request: failed expression: false$/);
  });

  test('without a binding a policy is in force nowhere, and none is after it went', async () => {
    await server.call('POST', POLICIES, policy({ validations: [{ expression: 'false' }] }));
    assert.equal((await make('unbound')).code, 201);
    await server.call('DELETE', `${POLICIES}/p`);
    await enforce({ validations: [{ expression: 'false' }] });
    assert.equal((await make('refused')).code, 422);
    await server.call('DELETE', `${BINDINGS}/b`);
    assert.equal((await make('refused')).code, 201);
  });

  test('an update is judged by what was and what shall be', async () => {
    await make('updated', { a: '1' });
    await enforce({
      variables: [{ name: 'before', expression: 'has(oldObject.data.a) ? oldObject.data.a : ""' }],
      validations: [
        {
          expression: "request.operation == 'CREATE' || object.data.a == variables.before",
          messageExpression: "'a was ' + variables.before + ' in ' + namespaceObject.metadata.name",
        },
      ],
    });
    const same = await server.patch(`${CONFIG_MAPS}/updated`, 'merge', { data: { b: '1' } });
    assert.equal(same.code, 200);
    const { code, body } = await server.patch(`${CONFIG_MAPS}/updated`, 'merge', { data: { a: '2' } });
    assert.equal(code, 422);
    assert.match(body.message, /denied request: a was 1 in default$/);
  });

  test('conditions say whom a policy is about', async () => {
    const token = await server.account('limited', [{ verbs: ['*'], apiGroups: [''], resources: ['*'] }]);
    const name = 'system:serviceaccount:default:limited';
    await enforce({
      matchConditions: [{ name: 'who', expression: `request.userInfo.username == '${name}'` }],
      validations: [
        { expression: "'system:serviceaccounts:default' in request.userInfo.groups && object.metadata.name == 'mine'" },
      ],
    });
    assert.equal((await make('not-mine')).code, 201);
    const by = (object: Loose) => server.call('POST', CONFIG_MAPS, object, undefined, token);
    assert.equal((await by(configMap('mine'))).code, 201);
    assert.equal((await by(configMap('theirs'))).code, 422);
  });

  test('a deletion is judged by what was', async () => {
    await make('kept', { keep: 'yes' });
    await make('spare');
    const constraints = { resourceRules: [{ ...ON_CONFIG_MAPS, operations: ['DELETE'] }] };
    await enforce({
      matchConstraints: constraints,
      validations: [{ expression: "object == null && !(has(oldObject.data) && 'keep' in oldObject.data)" }],
    });
    assert.equal((await server.call('DELETE', `${CONFIG_MAPS}/kept`)).code, 422);
    assert.equal((await server.call('DELETE', `${CONFIG_MAPS}/spare`)).code, 200);
    assert.equal((await server.call('DELETE', CONFIG_MAPS)).code, 422);
  });

  test('selectors and excluded rules say what a policy is not about', async () => {
    await enforce(
      {
        matchConstraints: {
          resourceRules: [ON_CONFIG_MAPS],
          excludeResourceRules: [{ ...ON_CONFIG_MAPS, resourceNames: ['excluded'] }],
          objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] },
        },
        validations: [{ expression: 'false' }],
      },
      { matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } } },
    );
    assert.equal((await make('excluded')).code, 201);
    assert.equal((await server.call('POST', CONFIG_MAPS, configMap('free', {}, { free: '1' }))).code, 201);
    assert.equal((await server.call('POST', CONFIG_MAPS.replace('default', 'kube-public'), configMap('x'))).code, 201);
    assert.equal((await make('meant')).code, 422);
  });

  test('a warning lets the request through', async () => {
    await enforce({ validations: [{ expression: 'false', message: 'hm' }] }, { validationActions: ['Warn', 'Audit'] });
    const { code, warnings } = await make('warned');
    assert.equal(code, 201);
    const said = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': hm";
    assert.deepEqual(warnings, [said]);
    const { annotations } = (await server.audit()).at(-1);
    const [failure] = JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure']);
    assert.deepEqual([failure.message, failure.policy, failure.expressionIndex], ['hm', 'p', 0]);
  });

  test('an expression that fails is a refusal, unless failures are to be ignored', async () => {
    const spec = { validations: [{ expression: "object.data.missing == 'x'" }] };
    await enforce(spec);
    const { code, body } = await make('fails', { a: '1' });
    assert.equal(code, 422);
    assert.match(body.message, /expression 'object.data.missing == 'x'' resulted in error: no such key: missing$/);
    await server.patch(`${POLICIES}/p`, 'merge', { spec: { failurePolicy: 'Ignore' } });
    assert.equal((await make('fails', { a: '1' })).code, 201);
  });

  suite('of the scale of a deployment', () => {
    const scale = `${DEPLOYMENTS}/asleep/scale`;
    const onScale = {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments/scale'] },
        ],
      },
      validations: [
        {
          expression: "oldObject.status.selector.split(',').exists(term, term.startsWith('app=aw'))",
          messageExpression: "'no scaling to ' + string(object.spec.replicas)",
          reason: 'Forbidden',
        },
      ],
    };
    before(async () => {
      await server.call('POST', DEPLOYMENTS, deployment('asleep', 1));
      await server.call('POST', DEPLOYMENTS, deployment('awake', 1));
    });

    test('it is refused, however it is written', async () => {
      await enforce(onScale);
      const replies = [
        await server.patch(scale, 'merge', { spec: { replicas: 5 } }),
        await server.patch(scale, 'json', [{ op: 'replace', path: '/spec/replicas', value: 5 }]),
        await server.patch(`${scale}?fieldManager=m&force=true`, 'apply', {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'asleep' },
          spec: { replicas: 5 },
        }),
        await server.call('PUT', scale, { metadata: { name: 'asleep' }, spec: { replicas: 5 } }),
      ];
      for (const { code, body } of replies) {
        assert.equal(code, 403);
        assert.equal(
          body.message,
          "deployments.apps \"asleep\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no scaling to 5",
        );
      }
      assert.equal((await server.get(scale)).body.spec.replicas, 1);
      assert.equal(
        (await server.patch(scale.replace('asleep', 'awake'), 'merge', { spec: { replicas: 5 } })).code,
        200,
      );
    });

    test('the deployment itself is another matter', async () => {
      await enforce(onScale);
      assert.equal((await server.patch(`${DEPLOYMENTS}/asleep`, 'merge', { spec: { replicas: 2 } })).code, 200);
    });
  });

  test('a policy that cannot be is refused, with the place of the mistake', async () => {
    const bad = policy({
      failurePolicy: 'Maybe',
      variables: [{ name: 'v', expression: 'nothing.here' }],
      matchConditions: [{ name: 'c', expression: 'object.spec.paused' }],
      validations: [{ expression: 'request.user.name == "x"', message: 'a\nb' }, { expression: '1 +' }],
    });
    const { code, body } = await server.call('POST', POLICIES, bad);
    assert.equal(code, 422);
    const fields = body.details.causes.map(({ field }: Loose) => field);
    assert.deepEqual(fields, [
      'spec.failurePolicy',
      'spec.validations[0].message',
      'spec.matchConditions[0].expression',
      'spec.variables[0].expression',
      'spec.validations[0].expression',
      'spec.validations[1].expression',
    ]);
    const said = body.details.causes.map(({ message }: Loose) => message);
    assert.match(said[2], /must evaluate to bool but got dyn$/);
    assert.match(said[3], /undeclared reference to 'nothing' \(in container ''\)/);
    assert.match(said[4], /compilation failed: ERROR: <input>:1:8: undefined field 'user'/);
    const unbound = await server.call('POST', BINDINGS, { metadata: { name: 'b' }, spec: { policyName: 'p' } });
    assert.match(
      unbound.body.message,
      /validationActions: Required value: at least one validation action is required$/,
    );
  });

  test('the policies themselves are judged by none', async () => {
    const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] };
    await enforce({ matchConstraints: { resourceRules: [all] }, validations: [{ expression: 'false' }] });
    assert.equal((await make('any')).code, 422);
    assert.equal((await server.call('DELETE', `${POLICIES}/p`)).code, 200);
  });
});
