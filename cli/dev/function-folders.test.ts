import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FunctionFolders } from './function-folders.ts';

test('functions that a save adds have their folder from then on', () => {
  const shop = { path: '/shop', functions: { namespace: 'team', names: ['shop'] } };
  const all = new FunctionFolders();
  all.add(shop);
  all.add({ path: '/orders', functions: { namespace: 'team', names: ['orders'] } });
  assert.equal(all.folderOf('prices.team'), undefined);
  shop.functions = { namespace: 'team', names: ['shop', 'prices'] };
  assert.equal(all.folderOf('prices.team'), '/shop');
  assert.deepEqual(all.shownNames, ['shop.team', 'prices.team', 'orders.team']);
  assert.deepEqual([...all.byNamespace()], [['team', ['shop', 'prices', 'orders']]]);
});
