/** The order of the stages within each process, and which files are more than decisions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { arrows, files, isTest, pathOf, root, textOf } from './support/imports.ts';

/** Folders, and files beside them, of which each imports only what comes after it in its list, types included. */
const STAGES: Record<string, string> = {
  activator:
    'main ▸ config ▸ gateway ▸ stage-list ▸ stages ▸ routed-request ▸ async ▸ deliveries ▸ proxy ▸ inbound ▸ functions ▸ cold-start ▸ replicas ▸ queue ▸ balancing ▸ ' +
    'routing ▸ policy ▸ upstream ▸ telemetry ▸ peers ▸ errors',
  operator:
    'main ▸ operator ▸ metrics ▸ jobs ▸ reconcile ▸ scaling ▸ watches ▸ source ▸ network ▸ routing ▸ issuers ▸ function ▸ config',
  'runtime-image':
    'main ▸ serve ▸ announce ▸ server ▸ shutdown ▸ dispatch ▸ loading ▸ signatures ▸ http ▸ websocket ▸ settings ▸ telemetry ▸ ' +
    'assignment ▸ npm ▸ call ▸ web ▸ clock ▸ builtin',
  dispatcher: 'main ▸ config ▸ metrics ▸ invocations ▸ intake ▸ sources ▸ delivery ▸ destinations ▸ functions ▸ store',
  'log-keeper': 'main ▸ metrics ▸ config ▸ http ▸ keeping ▸ store',
  cli:
    'main ▸ command ▸ program ▸ commands ▸ command-context ▸ dev ▸ deploy ▸ describe ▸ invoke ▸ invocations ▸ triggers ▸ logs ▸ cluster ▸ manifest ▸ build ▸ ' +
    'project ▸ templates ▸ completion ▸ command-line',
  platform:
    'leader ▸ controller ▸ pod-logs ▸ informer ▸ authorization ▸ kube ▸ issuers ▸ addresses ▸ access ▸ process ▸ time',
};

/** Of `cli/command-line/`, all of which reads what is typed, what stands above the commands: it has stages of its own. */
const ABOVE_COMMANDS: [place: RegExp, stage: string][] = [
  [/^cli\/command-line\/(?:commands\/|(?:program|run-command)\.ts$)/, 'program'],
  [/^cli\/command-line\/command-context\.ts$/, 'command-context'],
];

function stageOf(path: string): string {
  const above = ABOVE_COMMANDS.find(([place]) => place.test(path))?.[1];
  if (above !== undefined) return above;
  return (path.split('/')[1] as string).replace(/\.ts$/, '');
}

for (const [folder, list] of Object.entries(STAGES)) {
  const stages = list.split(' ▸ ');

  test(`in ${folder} a stage imports only from itself and those after it`, () => {
    const own = files.filter((file) => file.startsWith(`${folder}/`) && !isTest(file));
    assert.deepEqual([...new Set(own.map(stageOf))].toSorted(), stages.toSorted());
    const inside = arrows.filter((a) => a.from === folder && a.to === folder && !isTest(a.file));
    const wrong = inside.filter((a) => stages.indexOf(stageOf(pathOf(a))) < stages.indexOf(stageOf(a.file)));
    assert.deepEqual(wrong.map(textOf), []);
  });

  test(`the page on the architecture has the stages of ${folder} in the same order`, () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8').replaceAll(/\s+/g, ' ');
    assert.ok(page.includes(list), list);
  });

  test(`each folder of ${folder} says in one line what is in it`, () => {
    const parts = files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.split('/')[1] ?? '');
    // That of the package is for its users.
    const folders = new Set(parts.filter((part) => !part.endsWith('.ts') && part !== 'npm'));
    for (const name of folders)
      assert.match(readFileSync(join(root, folder, name, 'README.md'), 'utf8'), /^[^\n]+\n$/, name);
  });
}

/** Files that do I/O, or wire what does: all others of these folders are decisions, new ones too. */
const DOES_IO = [
  'activator/async/entry-sender.ts',
  'activator/async/start-dispatcher.ts',
  'activator/cold-start/deployment-scale.ts',
  'activator/config.ts',
  'activator/deliveries/delivery-metrics.ts',
  'activator/deliveries/delivery-server.ts',
  'activator/deliveries/dispatcher-tokens.ts',
  'activator/functions/kept-objects.ts',
  'activator/inbound/client-certificate.ts',
  'activator/inbound/client-connection.ts',
  'activator/inbound/listener.ts',
  'activator/inbound/node-server.ts',
  // For the names of statuses alone.
  'activator/inbound/refusal-text.ts',
  'activator/inbound/trusted-proxies.ts',
  'activator/main.ts',
  'activator/peers/peer-metrics.ts',
  'activator/peers/peer-sender.ts',
  'activator/peers/peer-stream.ts',
  'activator/peers/peer-urls.ts',
  'activator/peers/start-peers.ts',
  'activator/policy/access/bearer-way.ts',
  'activator/policy/access/issuer-key-sets.ts',
  'activator/policy/access/issuer-metrics.ts',
  'activator/policy/access/service-accounts.ts',
  'activator/policy/access/start-token-checks.ts',
  'activator/policy/rate-limits/limit-metrics.ts',
  'activator/policy/rate-limits/redis-client.ts',
  // For a token bucket alone.
  'activator/telemetry/audit-log.ts',
  'activator/telemetry/metrics.ts',
  'activator/upstream/address.ts',
  'activator/upstream/http1/connection.ts',
  'dispatcher/delivery/adoption.ts',
  'dispatcher/delivery/gateway-connection.ts',
  'dispatcher/delivery/http-exchange.ts',
  'dispatcher/delivery/start-gateways.ts',
  'dispatcher/destinations/url-delivery.ts',
  'dispatcher/functions/condition-writer.ts',
  'dispatcher/invocations/invocations-server.ts',
  'dispatcher/invocations/start.ts',
  'dispatcher/config.ts',
  'dispatcher/functions/follow-functions.ts',
  'dispatcher/functions/gone-functions.ts',
  'dispatcher/intake/intake-server.ts',
  'dispatcher/intake/start-intake.ts',
  'dispatcher/main.ts',
  'dispatcher/metrics.ts',
  'dispatcher/sources/follow-triggers.ts',
  'dispatcher/sources/schedule-turns.ts',
  'dispatcher/sources/trigger-status-writer.ts',
  'dispatcher/store/embedded-store.ts',
  'dispatcher/store/open-store.ts',
  'dispatcher/store/postgres/connections.ts',
  'dispatcher/store/sqlite/disk.ts',
  'dispatcher/store/sqlite/open-database.ts',
  'dispatcher/store/sqlite/worker.ts',
  'operator/config.ts',
  'operator/issuers/issuer-reach.ts',
  'operator/issuers/reach-issuers.ts',
  'operator/issuers/told-failure.ts',
  'operator/jobs/apply-crds.ts',
  'operator/jobs/job.ts',
  'operator/jobs/main.ts',
  'operator/jobs/remove-functions.ts',
  'operator/jobs/smoke-test.ts',
  'operator/main.ts',
  'operator/metrics.ts',
  'operator/network/policy-controller.ts',
  'operator/operator.ts',
  'operator/reconcile/apply-children.ts',
  'operator/reconcile/bundle-store.ts',
  'operator/reconcile/carry-out.ts',
  'operator/reconcile/desired-revision.ts',
  'operator/reconcile/follow-functions.ts',
  'operator/reconcile/set-replicas.ts',
  'operator/reconcile/source-stacks.ts',
  'operator/reconcile/start-news.ts',
  'operator/reconcile/status-writer.ts',
  'operator/routing/released-store.ts',
  'operator/routing/routing.ts',
  'operator/scaling/autoscaler.ts',
  'operator/scaling/scrape.ts',
  'operator/source/ahead-bundler.ts',
  'operator/source/bundler/main.ts',
  'operator/source/compile-folder.ts',
  'operator/source/compiler.ts',
  'operator/source/own-bundler.ts',
  'operator/source/resolve.ts',
  'operator/source/stack-places.ts',
  'operator/source/start-compiler.ts',
  'operator/watches/activator-urls.ts',
  'operator/watches/cluster.ts',
  'operator/watches/kept-children.ts',
  'operator/watches/kept-function.ts',
];

/** Built-in modules and packages of which functions of their arguments are made. */
const FREE_OF_IO = ['node:crypto', 'node:path', 'node:util', 'node:zlib', 'zod', 'croner'];

const decides = (file: string) => /^(api\/rules|activator|operator|dispatcher)\//.test(file) && !isTest(file);
const reaches = ({ to, specifier, typeOnly }: (typeof arrows)[number]) =>
  !typeOnly && (to === 'platform' || (to === undefined && !FREE_OF_IO.includes(specifier)));

test('decisions import nothing that does I/O', () => {
  const impure = arrows.filter((a) => decides(a.file) && !DOES_IO.includes(a.file) && reaches(a));
  assert.deepEqual(impure.map(textOf), []);
});

test('a file that stands among those that do I/O does some', () => {
  const without = DOES_IO.filter((file) => !arrows.some((a) => a.file === file && reaches(a)));
  assert.deepEqual(without, []);
});
