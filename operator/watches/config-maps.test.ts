import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Change } from '#platform/informer/object-cache.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { ReferencedConfigMaps } from './config-maps.ts';

const known = new Map<string, KubeObject>();
let change: (name: string, version?: string) => void = () => undefined;
let heard: string[] = [];

const view = {
  get: (namespace: string | undefined, name: string) => known.get(`${namespace}/${name}`),
  onChange: (handler: (change: Change<KubeObject>) => void) => {
    change = (name, resourceVersion) => {
      const object: KubeObject = {
        metadata: { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: resourceVersion ?? '1' },
      };
      if (resourceVersion === undefined) known.delete(`shop/${name}`);
      else known.set(`shop/${name}`, object);
      handler({ type: resourceVersion === undefined ? 'deleted' : 'added', object });
    };
    return () => undefined;
  },
};
let watches = new ReferencedConfigMaps(view, (key) => heard.push(key));

beforeEach(() => {
  known.clear();
  heard = [];
  watches = new ReferencedConfigMaps(view, (key) => heard.push(key));
});

test('functions hear of the ConfigMaps that they refer to, those that come late and those that go too', () => {
  watches.use('shop/a', 'spec', ['one', 'two']);
  watches.use('shop/b', 'spec', ['two']);
  change('one', '1');
  change('two', '2');
  change('three', '3');
  change('two');
  assert.deepEqual(heard, ['shop/a', 'shop/a', 'shop/b', 'shop/a', 'shop/b']);
});

test('a name counts until no purpose needs it', () => {
  watches.use('shop/a', 'spec', ['one']);
  watches.use('shop/a', 'bundles', ['one', 'bundle']);
  watches.use('shop/a', 'spec', []);
  change('one', '1');
  assert.deepEqual(heard, ['shop/a']);
  watches.use('shop/a', 'bundles', ['bundle']);
  change('one', '2');
  assert.deepEqual(heard, ['shop/a']);
});

test('a function that is gone hears of nothing', () => {
  watches.use('shop/a', 'spec', ['one']);
  watches.use('shop/b', 'spec', ['one']);
  watches.forget('shop/a');
  watches.forget('shop/never-seen');
  change('one', '1');
  assert.deepEqual(heard, ['shop/b']);
});

test('the version says whether it is there and which one it is', () => {
  assert.equal(watches.versionOf('shop', 'one'), undefined);
  change('one', '7');
  assert.deepEqual(watches.versionOf('shop', 'one'), { uid: 'uid-one', resourceVersion: '7' });
  change('one');
  assert.equal(watches.versionOf('shop', 'one'), undefined);
});
