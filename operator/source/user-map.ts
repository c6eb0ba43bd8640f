/** Source maps that come with a user's file: kept where they bring all they need, for the bundler would read the rest from disk. Pure. */

const MARK = ' sourceMappingURL=';
/** The URL's scheme is one that the bundler knows nothing of: no map is looked for. */
const NO_MAP = 'none:';
const MAX_SOURCES = 5_000;
const MAX_NAME_CHARS = 1_024;

/** A map of version 3 that needs nothing but itself. */
interface UserMap {
  version: 3;
  sources: string[];
  sourcesContent: string[];
  names: string[];
  mappings: string;
}

/**
 * What to put after a file's text so that the bundler opens no file for its source map; empty where the text has no
 * comment that names one. Of several such comments the bundler takes the last one, which this is: what stands in the
 * text itself, in comments as in strings, stays as it is and counts no more.
 */
export function mapSuffix(text: string): string {
  if (!text.includes(MARK)) return '';
  const map = userMap(text);
  const url =
    map === undefined ? NO_MAP : `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  return `\n//#${MARK}${url}`;
}

/** The map in a file's last line, a `data:` URL. Undefined: there is none, or one that lacks the text of a source. */
export function userMap(text: string): UserMap | undefined {
  const trimmed = text.trimEnd();
  const line = trimmed.slice(trimmed.lastIndexOf('\n') + 1).trimStart();
  if (!line.startsWith(`//#${MARK}`) && !line.startsWith(`//@${MARK}`)) return undefined;
  try {
    return completeMap(JSON.parse(decoded(line.slice(3 + MARK.length))));
  } catch {
    // Not JSON, or nested too deeply.
    return undefined;
  }
}

/** Contents of a `data:` URL; text that is no JSON: it is none. */
function decoded(url: string): string {
  const [, parameters = '', data] = /^data:application\/json((?:;[^,;]*)*),(\S*)$/s.exec(url) ?? [];
  if (data === undefined) return '';
  const isBase64 = parameters.toLowerCase().endsWith(';base64');
  return isBase64 ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data);
}

function completeMap(map: Record<string, unknown> | null): UserMap | undefined {
  if (map === null || map.version !== 3 || typeof map.mappings !== 'string') return undefined;
  const { mappings, sources, sourcesContent, names = [], sourceRoot = '' } = map;
  if (!isTexts(sources) || !isTexts(sourcesContent) || !isTexts(names) || typeof sourceRoot !== 'string') {
    return undefined;
  }
  if (sources.length > MAX_SOURCES || sources.length !== sourcesContent.length) return undefined;
  const paths = sources.map((path) => sourceRoot + path);
  if (paths.some((path) => path.length > MAX_NAME_CHARS)) return undefined;
  return { version: 3, sources: paths, sourcesContent, names, mappings };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
