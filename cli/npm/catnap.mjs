#!/usr/bin/env node
/** The command of the installed package. An older Node would stumble over the program's first lines: it is told here. */
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`catnap: needs Node 24 or later, and this is ${process.version}\n`);
  process.exitCode = 1;
} else {
  await import('../cli/catnap.mjs');
}
