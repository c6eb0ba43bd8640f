import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkFileSystem } from './mount-info.ts';

const LOCAL = '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n23 22 0:5 / /data rw - xfs /dev/vdb rw';

test('a disk of the node is none', () => {
  assert.equal(networkFileSystem(LOCAL, '/data/queue.db'), undefined);
  assert.equal(networkFileSystem(LOCAL, '/home/queue.db'), undefined);
});

test('the deepest mount counts, and of two at one point the later', () => {
  const nfs = `${LOCAL}\n24 22 0:40 / /data/remote rw shared:9 master:1 - nfs4 server:/x rw`;
  assert.equal(networkFileSystem(nfs, '/data/remote/queue.db'), 'nfs4');
  assert.equal(networkFileSystem(nfs, '/data/remote-not/queue.db'), undefined);
  assert.equal(
    networkFileSystem(`${nfs}\n25 24 0:41 / /data/remote rw - ext4 /dev/vdc rw`, '/data/remote/q'),
    undefined,
  );
});

test('a point with a space is found', () => {
  const info = `${LOCAL}\n24 22 0:40 / /my\\040data rw - cifs //server/x rw`;
  assert.equal(networkFileSystem(info, '/my data/queue.db'), 'cifs');
});

test('file systems of user processes may be anywhere, but for those that containers stand on', () => {
  const over = (type: string) => `${LOCAL}\n24 22 0:40 / /data rw - ${type} x rw`;
  assert.equal(networkFileSystem(over('fuse.sshfs'), '/data/q'), 'fuse.sshfs');
  assert.equal(networkFileSystem(over('fuse.fuse-overlayfs'), '/data/q'), undefined);
});

test('what cannot be read refuses nothing', () => {
  assert.equal(networkFileSystem('', '/data/q'), undefined);
  assert.equal(networkFileSystem('not what was expected', '/data/q'), undefined);
});
