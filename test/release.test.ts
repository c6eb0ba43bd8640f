import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notesOf, requireVersion } from '../.toolchain/release-notes.ts';
import { type Inventory, sbomOf } from '../.toolchain/sbom.ts';

for (const version of ['0.2.0', '1.0.0-rc.1', '10.20.30-alpha-7.x'])
  test(`a release may be called ${version}`, () => assert.equal(requireVersion(version), version));

for (const version of ['', 'v1.0.0', '1.2', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3 ', '1.2.3/..', '1.2.3\n'])
  test(`a release cannot be called ${JSON.stringify(version)}`, () =>
    assert.throws(() => requireVersion(version), /it must be a semantic version, such as 0\.2\.0/));

test('a release cannot have build metadata, for its images could not have its name', () => {
  assert.throws(() => requireVersion('1.2.3+abc'), /a tag of an image has no "\+"/);
});

const CHANGELOG =
  '# Changelog\n\n## Unreleased\n\n### Added\n\n- New.\n\n## 0.2.0\n\n- Two.\n\n## 0.2.0-rc.1 (2026-01-01)\n\n- Candidate.\n';

test('the notes of a release are its section of the changelog', () => {
  assert.equal(notesOf(CHANGELOG, '0.2.0'), '- Two.\n');
  assert.equal(notesOf(CHANGELOG, '0.2.0-rc.1'), '- Candidate.\n');
});

test('the notes of a release without a section are what is unreleased', () => {
  assert.equal(notesOf(CHANGELOG, '0.3.0'), '### Added\n\n- New.\n');
  assert.throws(
    () => notesOf('# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n- Two.\n', '0.3.0'),
    /says nothing of 0\.3\.0/,
  );
});

const INVENTORY: Inventory = {
  components: ['a', 'b', 'dev'].map((name) => ({
    'bom-ref': `${name}@1.0.0`,
    name,
    version: '1.0.0',
    scope: 'optional',
  })),
  dependencies: [{ ref: 'a@1.0.0', dependsOn: ['b@1.0.0', 'dev@1.0.0'] }],
};

const options = {
  subject: { type: 'application', name: 'catnap', version: '0.2.0' },
  packages: ['a@1.0.0', 'b@1.0.0'],
  inventory: INVENTORY,
  epoch: 1_700_000_000,
} as const;

test('an inventory has the packages that went in and who needs whom, and nothing else', () => {
  const { components, dependencies } = sbomOf(options) as Inventory;
  assert.deepEqual(
    components.map(({ name, scope }) => `${name}: ${scope}`),
    ['a: required', 'b: required'],
  );
  assert.deepEqual(dependencies, [
    { ref: 'catnap@0.2.0', dependsOn: ['a@1.0.0', 'b@1.0.0'] },
    { ref: 'a@1.0.0', dependsOn: ['b@1.0.0'] },
    { ref: 'b@1.0.0', dependsOn: [] },
  ]);
});

test('an inventory is the same each time, and another with another content', () => {
  const number = (more: object) => (sbomOf({ ...options, ...more }) as { serialNumber: string }).serialNumber;
  assert.match(number({}), /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(number({}), number({}));
  assert.notEqual(number({ packages: ['a@1.0.0'] }), number({}));
});

test('a package that the lockfile does not know is no part of a release', () => {
  assert.throws(() => sbomOf({ ...options, packages: ['c@1.0.0'] }), /the inventory has no c@1\.0\.0/);
});
