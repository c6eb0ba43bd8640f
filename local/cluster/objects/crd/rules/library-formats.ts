import type { Environment } from '@marcbachmann/cel-js';
import { hasFormat } from '../formats.ts';
import { optionalValue } from './optional-value.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

function fits(pattern: RegExp, longest: number): (text: string) => boolean {
  return (text) => text.length <= longest && pattern.test(text);
}
function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...rest] = text.split('/').reverse();
  const hasPrefix = prefix === undefined || fits(SUBDOMAIN, 253)(prefix);
  return rest.length === 0 && hasPrefix && fits(QUALIFIED_PART, 63)(name);
}

/** Names of formats, and whether a text has them. */
const FORMATS: Record<string, (text: string) => boolean> = {
  dns1123Label: fits(LABEL, 63),
  dns1123Subdomain: fits(SUBDOMAIN, 253),
  dns1035Label: fits(LABEL_1035, 63),
  qualifiedName: isQualifiedName,
  labelValue: (text) => text === '' || fits(QUALIFIED_PART, 63)(text),
  uri: (text) => hasFormat('uri', text),
  uuid: (text) => hasFormat('uuid', text),
  byte: (text) => hasFormat('byte', text),
  date: (text) => hasFormat('date', text),
  datetime: (text) => hasFormat('datetime', text),
};

class Formats {}
class CelFormat {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** `format.dns1123Label().validate(self.name)`: nothing for a good text, else what is wrong with it. */
export function addFormatFunctions(environment: Environment): void {
  environment
    .registerType('Formats', Formats)
    .registerType('kubernetes.NamedFormat', { ctor: CelFormat, fields: {} })
    .registerConstant('format', 'Formats', new Formats())
    .registerFunction('Formats.named(string): optional<kubernetes.NamedFormat>', (_: Formats, name: string) =>
      optionalValue(name in FORMATS ? new CelFormat(name) : undefined),
    )
    .registerFunction(
      'kubernetes.NamedFormat.validate(string): optional<list<string>>',
      ({ name }: CelFormat, text: string) =>
        optionalValue(FORMATS[name]?.(text) ? undefined : [`must be a valid ${name}: ${JSON.stringify(text)}`]),
    );
  for (const name of Object.keys(FORMATS))
    environment.registerFunction(`Formats.${name}(): kubernetes.NamedFormat`, () => new CelFormat(name));
}
