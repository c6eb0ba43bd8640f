import { stripVTControlCharacters } from 'node:util';

const GAP = '   ';

/** Rows under their heads, columns as wide as their widest cell; as kubectl prints. Pure; colours do not count. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows];
  const width = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = heads.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  const pad = (cell: string, column: number) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
  return all.map((row) => row.map(pad).join(GAP).trimEnd()).join('\n');
}
