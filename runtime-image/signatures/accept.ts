import { typeOf } from './media-type.ts';

interface Range {
  type: string;
  quality: number;
}

/**
 * Which of `types` an Accept header asks for first; on a tie the one that was offered first. false: none of them.
 * @param types names as `json`, or media types; without any: all that the header has, best first.
 */
export function accepted(header: string | undefined, types: readonly string[]): string | string[] | false {
  const ranges = rangesOf(header ?? '*/*');
  if (types.length === 0) {
    return ranges
      .filter(({ quality }) => quality > 0)
      .sort((a, b) => b.quality - a.quality)
      .map(({ type }) => type);
  }
  const rated = types.map((type) => ({ type, quality: qualityOf(typeOf(type), ranges) }));
  const best = rated.reduce((first, next) => (next.quality > first.quality ? next : first));
  return best.quality > 0 ? best.type : false;
}

function rangesOf(header: string): Range[] {
  return header.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const quality = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
    return { type: type.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
}

/** By the most specific range that holds the type. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const main = `${type.split('/')[0]}/*`;
  for (const candidate of [type, main, '*/*']) {
    const range = ranges.find((one) => one.type === candidate);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
