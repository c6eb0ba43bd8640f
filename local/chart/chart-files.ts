import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTable, type Table } from './go-yaml.ts';

/** What a chart's folder holds. */
export interface ChartFiles {
  /** Chart.yaml as templates see it: keys with a capital letter. */
  metadata: Table;
  name: string;
  /** The range of Kubernetes versions it takes; empty: any. */
  kubeVersion: string;
  /** values.yaml. */
  values: Table;
  /** values.schema.json, where there is one. */
  schema: object | undefined;
  /** By path from the chart's folder, e.g. `templates/_names.tpl`, in Helm's order. */
  templates: ReadonlyMap<string, string>;
}

/** Reads the chart in `folder`. Charts that it is made of are not read: ours has none. */
export function readChart(folder: string): ChartFiles {
  const text = (path: string) => readFileSync(join(folder, path), 'utf8');
  const chart = readTable(text('Chart.yaml'), 'Chart.yaml');
  if (chart.dependencies !== undefined) throw new Error('a chart with dependencies cannot be rendered here');
  const paths = globSync('templates/**/*.{yaml,yml,tpl,txt}', { cwd: folder }).sort();
  const [schema] = globSync('values.schema.json', { cwd: folder });
  return {
    metadata: capitalised(chart),
    name: String(chart.name),
    kubeVersion: String(chart.kubeVersion ?? ''),
    values: readTable(text('values.yaml'), 'values.yaml'),
    schema: schema === undefined ? undefined : (JSON.parse(text(schema)) as object),
    templates: new Map(paths.map((path) => [path, text(path)])),
  };
}

/** `appVersion` → `AppVersion`: templates see the fields of a Go struct. */
function capitalised(chart: Table): Table {
  return Object.fromEntries(
    Object.entries(chart).map(([key, value]) => [`${key.charAt(0).toUpperCase()}${key.slice(1)}`, value]),
  );
}
