import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as esbuild from 'esbuild';
import { build, type Files, refusal, run } from '../testing/build.ts';

after(() => esbuild.stop());

const addon = Buffer.from('7f454c46', 'hex');
/** Packages as they are on npm: what finds an addon, and how. */
const NATIVE: Files = {
  'node_modules/bindings/index.js': 'module.exports = (name) => require(process.cwd() + name);',
  'node_modules/better-db/index.js': `exports.open = require('bindings')('db.node');`,
  'node_modules/thumbs/package.json': '{ "optionalDependencies": { "@thumbs/thumbs-linux-x64": "1.0.0" } }',
  'node_modules/thumbs/index.js': `module.exports = require('@thumbs/thumbs-' + process.platform + '-' + process.arch + '/thumbs.node');`,
  'node_modules/hash/index.js': `module.exports = require('./build/hash.node');`,
  'node_modules/hash/build/hash.node': addon,
  'node_modules/unbuilt/index.js': `exports.it = require('../unbuilt/build/it.node');`,
  // Does without.
  'node_modules/quick/index.js': `let native; try { native = require('./quick.node'); } catch { native = 'in JavaScript'; } module.exports = native;`,
  'node_modules/quick/quick.node': addon,
  'node_modules/client/index.js': `try { exports.db = require('better-db'); } catch (error) { exports.db = error.code; }
    exports.later = () => import('hash').catch((error) => error.code);`,
};

for (const name of ['better-db', 'thumbs', 'hash', 'unbuilt']) {
  test(`a native package is refused, with the way out, however it finds its addon: ${name}`, async () => {
    const said = await refusal({ ...NATIVE, 'index.ts': `import './a.js';`, 'a.js': `import x from '${name}'; x();` });
    assert.match(
      said,
      new RegExp(`^a\\.js:1:15: "${name}" is a native package, and cannot be part .* FROM the Catnap runtime image`),
    );
    assert.match(
      await refusal({ ...NATIVE, 'index.ts': `export default () => import('${name}');` }),
      /^index\.ts:1:29: /,
    );
    assert.match(
      await refusal({ ...NATIVE, 'index.ts': `const x = require('${name}'); export default x;` }),
      /^index\.ts:1:19: /,
    );
  });
}

test('a native package that is only tried for is left out, and so is an addon of a package that does without', async () => {
  const made = await run({
    ...NATIVE,
    'index.ts': `import { db, later } from 'client'; import quick from 'quick';
      let own; try { own = require('thumbs'); } catch (error) { own = error.code; }
      export default async () => [db, await later(), quick, own];`,
  });
  assert.deepEqual(made, ['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'in JavaScript', 'MODULE_NOT_FOUND']);
});

test('an addon of its own is refused, unless it is only tried for', async () => {
  const files = { 'lib/a.node': addon };
  assert.match(
    await refusal({ ...files, 'index.ts': `const a = require('./lib/a.node'); export default a;` }),
    /^index\.ts:1:19: the native addon lib\/a\.node cannot be part/,
  );
  const tried = `let a; try { a = require('./lib/a.node'); } catch (error) { a = error.code; } export default () => a;`;
  assert.equal(await run({ ...files, 'index.ts': tried }), 'MODULE_NOT_FOUND');
});

test('what is imported when it is called may be absent, and what is left out is', async () => {
  const files = {
    'index.ts': `const absent = await import('gone').catch((error) => error.code);
      const out = () => import('left').catch((error) => error.code);
      export default async () => [absent, await out()];`,
    'node_modules/left/index.js': 'module.exports = 1;',
  };
  assert.deepEqual(await run(files, { external: ['left'] }), ['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
  assert.match(
    await refusal({ ...files, 'index.ts': `import left from 'left'; export default left;` }, { external: ['left'] }),
    /^index\.ts:1:18: "left" is left out \(build\.external\) and is imported whatever happens/,
  );
});

test('what may fail when it runs is told: files beside a module, and paths that are computed', async () => {
  const { warnings } = await build({
    'index.ts': `import { readFileSync } from 'node:fs'; import fonts from 'fonts';
      export default (name: string) => [readFileSync(new URL('./a.txt', import.meta.url)), require(name), fonts];`,
    'node_modules/fonts/index.js': `const fs = require('fs'); const any = require;
      module.exports = () => [fs.readFileSync(__dirname + '/a.afm'), any(process.env.X)];`,
  });
  assert.equal(warnings.length, 3, warnings.join('\n'));
  const said = warnings.join('\n');
  assert.match(said, /^index\.ts:2:\d+: This call to "require" will not be bundled/m);
  assert.match(said, /^index\.ts:2: reads a file beside the module/m);
  assert.match(said, /^the package fonts reads files beside itself \(node_modules\/fonts\/index\.js:2\)/m);
});
