/** Which form of an answer the client asks for. */
import { notAcceptable } from '../status.ts';

export interface Accepted {
  media: 'json' | 'yaml';
  /** `table`: a Table of printer columns; `metadata`: PartialObjectMetadata. */
  form: 'plain' | 'table' | 'metadata' | 'discovery';
}

interface Clause {
  media: string;
  parameters: ReadonlyMap<string, string>;
}

/**
 * The first clause that can be served, in the client's order. Throws a 406 when there is none.
 * @param forms what this path offers besides the plain form
 */
export function acceptedOf(header: string | undefined, forms: ReadonlySet<Accepted['form']>): Accepted {
  if (header === undefined || header.trim() === '') return { media: 'json', form: 'plain' };
  for (const clause of header.split(',').map(parseClause)) {
    const media = mediaOf(clause.media);
    const form = formOf(clause.parameters);
    if (media !== undefined && form !== undefined && (form === 'plain' || forms.has(form))) return { media, form };
  }
  throw notAcceptable();
}

function parseClause(text: string): Clause {
  const [media = '', ...rest] = text.split(';').map((part) => part.trim());
  const pairs = rest.map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=');
    return [name, value];
  });
  return { media, parameters: new Map(pairs) };
}

function mediaOf(media: string): Accepted['media'] | undefined {
  if (media === 'application/yaml') return 'yaml';
  return ['application/json', 'application/*', '*/*'].includes(media) ? 'json' : undefined;
}

function formOf(parameters: ReadonlyMap<string, string>): Accepted['form'] | undefined {
  const as = parameters.get('as');
  const version = parameters.get('v');
  if (as === undefined) return 'plain';
  if (as === 'APIGroupDiscoveryList') return version === 'v2' || version === 'v2beta1' ? 'discovery' : undefined;
  if (version !== 'v1' && version !== 'v1beta1') return undefined;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : undefined;
}
