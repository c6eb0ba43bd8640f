import { createEngine, type Engine, type Template } from '@promptctl/go-template-js';
import { refuseLostAssignments } from './assignments.ts';
import type { ChartFiles } from './chart-files.ts';
import type { Table } from './go-yaml.ts';
import { type Lookup, templateFunctions } from './template-functions.ts';

type Defines = ReturnType<Template<string>['defines']>;

/**
 * The text of each template, by its path from the chart's folder; those whose name begins with `_` only define things
 * for others. Stricter than Helm in two things: reading a key that is not there is an error, never nothing; so is an
 * assignment inside `with` or `range` to a variable from outside.
 */
export function renderTemplates(chart: ChartFiles, context: Table, lookup: Lookup): Map<string, string> {
  const set = new TemplateSet(chart.templates, lookup);
  const texts = new Map<string, string>();
  for (const path of chart.templates.keys()) {
    if (/(^|\/)_[^/]*$/.test(path)) continue;
    const name = `${chart.name}/${path}`;
    texts.set(path, set.render(path, { ...context, Template: { Name: name, BasePath: `${chart.name}/templates` } }));
  }
  return texts;
}

/** A chart's templates: each may include what any of them defines. A name that two define is an error; in Helm one of them wins. */
class TemplateSet {
  readonly #engine: Engine<string>;
  readonly #parsed = new Map<string, Template<string>>();
  #defines: Defines | undefined;
  readonly #included = new Map<string, Template<string>>();

  constructor(sources: ReadonlyMap<string, string>, lookup: Lookup) {
    const funcs = templateFunctions({
      include: (name, data) => this.#include(name, data),
      tpl: (text, data) => this.#text(this.#engine.parse(text, this.#defines), data),
      lookup,
    });
    this.#engine = createEngine<string>({
      fromString: (text) => text,
      isT: (value): value is string => typeof value === 'string',
      missingKey: 'error',
      funcs,
    });
    for (const [path, source] of sources) {
      const template = this.#at(path, () => {
        refuseLostAssignments(source);
        return this.#engine.parse(source, this.#defines);
      });
      this.#parsed.set(path, template);
      this.#defines = template.defines();
    }
  }

  render(path: string, context: Table): string {
    const template = this.#parsed.get(path);
    return template === undefined ? '' : this.#at(path, () => this.#text(template, context));
  }

  #include(name: string, data: unknown): string {
    if (!this.#defines?.has(name)) throw new Error(`include: no template defines ${JSON.stringify(name)}`);
    const known = this.#included.get(name);
    const template = known ?? this.#engine.parse(`{{ template ${JSON.stringify(name)} . }}`, this.#defines);
    this.#included.set(name, template);
    return this.#text(template, data);
  }

  #text(template: Template<string>, data: unknown): string {
    return template.evaluate(data).join('').replaceAll('<no value>', '');
  }

  #at<T>(path: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
