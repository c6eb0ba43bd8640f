/** Renders the chart as `helm template` does, in this process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sprigSemver } from '@promptctl/go-template-js';
import { ROOT } from '../package-root.ts';
import { type ChartFiles, readChart } from './chart-files.ts';
import { readTable, type Table } from './go-yaml.ts';
import { type RenderedObject, renderedObjects } from './manifests.ts';
import type { Lookup } from './template-functions.ts';
import { renderTemplates } from './templates.ts';
import { coalesceValues, mergeValues } from './values.ts';
import { checkValues } from './values-schema.ts';

export type { RenderedObject } from './manifests.ts';

export const CATNAP_CHART = join(ROOT, 'charts', 'catnap');

export interface RenderOptions {
  release: string;
  namespace: string;
  /** Laid over the chart's defaults and the files, as `--set` is. */
  values?: Table;
  /** Paths, the last one goes before the others. */
  valuesFiles?: readonly string[];
  /** The chart's folder; default: charts/catnap. */
  chart?: string;
  /** For `.Release.IsUpgrade`. */
  upgrade?: boolean;
  /** Of the cluster; default: the oldest that the chart takes. */
  kubeVersion?: string;
  /** Default: finds nothing, as `helm template`. */
  lookup?: Lookup;
}

/**
 * The objects of a release in the order in which Helm installs them, hooks among them. Throws a ValuesError when the
 * values do not fit the chart's schema, and other Errors that name the template.
 */
export function renderChart(options: RenderOptions): RenderedObject[] {
  return renderedObjects(renderTexts(options));
}

/** What `helm install` prints. */
export function renderNotes(options: RenderOptions): string {
  return renderTexts(options).get('templates/NOTES.txt') ?? '';
}

function renderTexts(options: RenderOptions): Map<string, string> {
  const chart = readChart(options.chart ?? CATNAP_CHART);
  const given = (options.valuesFiles ?? []).map((path) => readTable(readFileSync(path, 'utf8'), path));
  const values = coalesceValues(chart.values, [...given, options.values ?? {}].reduce(mergeValues));
  if (chart.schema !== undefined) checkValues(chart.name, chart.schema, values);
  const version = kubeVersionOf(chart, options.kubeVersion);
  return renderTemplates(chart, context(chart, options, { values, version }), options.lookup ?? (() => ({})));
}

const ANY_VERSION = '1.33.0';

/** Throws when the chart does not take the cluster's version. */
function kubeVersionOf({ name, kubeVersion }: ChartFiles, version = ANY_VERSION): string {
  const takes = sprigSemver().semverCompare?.fn as (range: string, version: string) => boolean;
  if (kubeVersion !== '' && !takes(kubeVersion, version)) {
    throw new Error(`the chart ${name} takes Kubernetes ${kubeVersion}, and this is ${version}`);
  }
  return `v${version.replace(/^v/, '')}`;
}

function context(
  chart: ChartFiles,
  { release, namespace, upgrade = false }: RenderOptions,
  { values, version }: { values: Table; version: string },
): Table {
  const [major = '', minor = ''] = version.slice(1).split('.');
  return {
    Chart: chart.metadata,
    Values: values,
    Release: {
      Name: release,
      Namespace: namespace,
      IsUpgrade: upgrade,
      IsInstall: !upgrade,
      Revision: upgrade ? 2 : 1,
      Service: 'Helm',
    },
    Capabilities: { KubeVersion: { Version: version, GitVersion: version, Major: major, Minor: minor } },
  };
}
