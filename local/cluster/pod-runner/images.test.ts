import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageId, lookUpImage, onThisMachine } from './images.ts';

const commands = { byName: new Map([['nginx', { command: ['node', 'web.mjs'] }]]), setting: 'MY_IMAGES' };

test('a mapped image is its command, whatever default registry and tag are written out', () => {
  for (const image of ['nginx', 'nginx:latest', 'docker.io/library/nginx:latest']) {
    assert.deepEqual(lookUpImage(image, undefined, commands), { command: ['node', 'web.mjs'] });
  }
});

test('an image without a command fails like a pull and says how to name one', () => {
  const found = lookUpImage('registry.example:5000/team/thumbs:1.4', 'Always', commands);
  assert.ok('reason' in found);
  assert.equal(found.reason, 'ErrImagePull');
  assert.match(found.message, /MY_IMAGES='\{"registry\.example:5000\/team\/thumbs:1\.4":\[/);
});

test('a name that is none is InvalidImageName; Never is ErrImageNeverPull', () => {
  const invalid = lookUpImage('Not An Image', undefined, commands);
  assert.ok('reason' in invalid && invalid.reason === 'InvalidImageName');
  const never = lookUpImage('a/b', 'Never', commands);
  assert.ok('reason' in never && never.reason === 'ErrImageNeverPull');
});

test('the image id has a tag', () => {
  assert.deepEqual([imageId('a/b'), imageId('h:5000/a/b:1')], ['local/a/b:latest', 'local/h:5000/a/b:1']);
});

test('files of an image are found in the folder that stands for theirs', () => {
  const root = { '/app': '/srv/dist/operator' };
  const found = ['/app/server.mjs', '/app', '/apple/x', 'node'].map((text) => onThisMachine(text, root));
  assert.deepEqual(found, ['/srv/dist/operator/server.mjs', '/srv/dist/operator', '/apple/x', 'node']);
});
