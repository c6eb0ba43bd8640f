import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChartFiles } from './chart-files.ts';
import { renderTemplates } from './templates.ts';

const values = {
  name: 'x',
  big: 8080,
  table: { b: 'two', a: 1, on: 'yes' },
  list: ['p', 'q'],
  none: [],
  text: 'a: b',
};

/** What the template `source` gives, with `others` beside it. */
function render(source: string, others: Record<string, string> = {}, lookup = () => ({})): string {
  const chart: ChartFiles = {
    metadata: { Name: 'c' },
    name: 'c',
    kubeVersion: '',
    values: {},
    schema: undefined,
    templates: new Map(Object.entries({ ...others, 'templates/t.yaml': source })),
  };
  return renderTemplates(chart, { Values: values }, lookup).get('templates/t.yaml') ?? '';
}

test('toYaml sorts keys, and quotes what YAML 1.1 would take for something else', () => {
  assert.equal(render('{{ toYaml .Values.table }}'), 'a: 1\nb: two\n"on": "yes"');
});

test('nindent begins a line and indents each', () => {
  assert.equal(render('{{ toYaml .Values.table | nindent 2 }}'), '\n  a: 1\n  b: two\n  "on": "yes"');
});

test('quote takes numbers, and leaves out what is nil', () => {
  assert.equal(render('{{ .Values.big | quote }} {{ quote nil .Values.name }}'), '"8080" "x"');
});

test('toJson sorts keys', () => {
  assert.equal(
    render('{{ dict "b" .Values.list "a" .Values.table | toJson }}'),
    '{"a":{"a":1,"b":"two","on":"yes"},"b":["p","q"]}',
  );
});

test('an include sees what other files define, whatever their order', () => {
  const others = {
    'templates/_a.tpl': '{{ define "a" }}<{{ include "z" . }}>{{ end }}',
    'templates/z.tpl': '{{ define "z" }}{{ .name }}{{ end }}',
  };
  assert.equal(render('{{ include "a" .Values }}', others), '<x>');
});

test('an include of what no file defines is an error that says where', () => {
  assert.throws(() => render('{{ include "nope" . }}'), /templates\/t\.yaml: .*no template defines "nope"/);
});

test('tpl renders a value, fromYaml reads one', () => {
  assert.equal(render('{{ tpl "{{ .name }}!" .Values }} {{ (fromYaml .Values.text).a }}'), 'x! b');
});

test('required and fail end the rendering with their own words', () => {
  assert.throws(() => render('{{ required "name it" "" }}'), /name it/);
  assert.throws(() => render('{{ fail "not so" }}'), /not so/);
});

test('default, ternary and hasKey choose as in sprig', () => {
  assert.equal(render('{{ .Values.none | default (list "d") | first }}'), 'd');
  assert.equal(render('{{ ternary "y" "n" (empty .Values.none) }}{{ ternary "y" "n" (hasKey .Values "none") }}'), 'yy');
});

test('a value that is not there is an error', () => {
  assert.throws(() => render('{{ .Values.nmae }}'), /nmae/);
});

test('lookup asks what it was given', () => {
  const found = () => ({ items: [{ metadata: { name: 'r' } }] });
  const source = '{{ range get (lookup "v1" "Pod" "" "") "items" | default (list) }}{{ .metadata.name }}{{ end }}';
  assert.equal(render(source, {}, found), 'r');
  assert.equal(render(source), '');
});

test('an assignment that the engine would lose is an error that says where', () => {
  const assigns = (block: string) => `{{ $x := "a" }}{{ ${block} .Values.list }}{{ $x = "b" }}{{ end }}{{ $x }}`;
  assert.equal(render(assigns('if')), 'b');
  for (const block of ['with', 'range']) {
    assert.throws(() => render(assigns(block)), /templates\/t\.yaml: the assignment to \$x would be lost/);
  }
  const inside = '{{ range $i, $x := .Values.list }}{{ $y := "a" }}{{ if $i }}{{ $y = $x }}{{ end }}{{ $y }}{{ end }}';
  assert.equal(render(inside), 'aq');
});
