import { typeOf } from './media-type.ts';

/** One entry of an Accept header. */
interface Range {
  value: string;
  parameters: readonly string[];
  quality: number;
  /** Its place in the header. */
  order: number;
}

/** How closely `range` names `offer`, the closer the larger; -1: not at all. */
type Closeness = (range: Range, offer: string) => number;

/** The one of the offers that the client likes best; false: none of them; without offers all that it likes, best first. */
type Choice = string | string[] | false;

/** @param offers names as `json`, or media types. Without a header the first is taken. */
export function acceptedType(header: string | undefined, offers: readonly string[]): Choice {
  if (offers.length > 0 && !header) return offers[0] ?? false;
  return chosen(rangesOf(header || '*/*'), offers, (range, offer) => closenessOfType(range, typeOf(offer)));
}

export function acceptedLanguage(header: string | undefined, offers: readonly string[]): Choice {
  return chosen(rangesOf(header ?? '*'), offers, closenessOfLanguage);
}

export function acceptedCharset(header: string | undefined, offers: readonly string[]): Choice {
  return chosen(rangesOf(header ?? '*'), offers, closenessOfWord);
}

/** `identity` is acceptable, with the least weight, unless the client refuses it. */
export function acceptedEncoding(header: string | undefined, offers: readonly string[]): Choice {
  const ranges = rangesOf(header ?? '');
  if (!ranges.some((range) => closenessOfWord(range, 'identity') >= 0)) {
    const quality = Math.min(1, ...ranges.map((range) => range.quality || 1));
    ranges.push({ value: 'identity', parameters: [], quality, order: ranges.length });
  }
  return chosen(ranges, offers, closenessOfWord);
}

function rangesOf(header: string): Range[] {
  return header
    .split(',')
    .map((part, order) => {
      const [value = '', ...rest] = part.split(';').map((piece) => piece.trim());
      const at = rest.findIndex((parameter) => /^q\s*=/i.test(parameter));
      const quality = at === -1 ? 1 : Number.parseFloat(rest[at]?.split('=', 2)[1] ?? '') || 0;
      return { value, parameters: at === -1 ? rest : rest.slice(0, at), quality, order };
    })
    .filter(({ value }) => value !== '');
}

/** Liked best first; then what is named more closely; then as in the header; then as offered. */
function chosen(ranges: readonly Range[], offers: readonly string[], closeness: Closeness): Choice {
  if (offers.length === 0) {
    const liked = ranges.filter(({ quality }) => quality > 0);
    return liked.sort((a, b) => b.quality - a.quality || a.order - b.order).map(({ value }) => value);
  }
  const rated = offers.flatMap((offer) => {
    const close = ranges
      .map((range) => ({ offer, range, close: closeness(range, offer) }))
      .filter((it) => it.close >= 0);
    const best = close.sort((a, b) => b.close - a.close || b.range.quality - a.range.quality)[0];
    return best === undefined || best.range.quality === 0 ? [] : [best];
  });
  rated.sort((a, b) => b.range.quality - a.range.quality || b.close - a.close || a.range.order - b.range.order);
  return rated[0]?.offer ?? false;
}

function closenessOfType({ value, parameters }: Range, offer: string): number {
  const [type, ...offered] = offer.split(';').map((piece) => piece.trim().toLowerCase());
  const [main, sub] = value.toLowerCase().split('/');
  const [offeredMain, offeredSub] = (type ?? '').split('/');
  if ((main !== '*' && main !== offeredMain) || (sub !== '*' && sub !== offeredSub)) return -1;
  if (!parameters.every((parameter) => offered.includes(parameter.toLowerCase()))) return -1;
  return (main === '*' ? 0 : 4) + (sub === '*' ? 0 : 2) + (parameters.length > 0 ? 1 : 0);
}

function closenessOfLanguage(range: Range, offer: string): number {
  const value = range.value.toLowerCase();
  const wanted = offer.toLowerCase();
  if (value === wanted) return 4;
  if (value.split('-', 1)[0] === wanted) return 2;
  if (value === wanted.split('-', 1)[0]) return 1;
  return value === '*' ? 0 : -1;
}

function closenessOfWord({ value }: Range, offer: string): number {
  if (value.toLowerCase() === offer.toLowerCase()) return 1;
  return value === '*' ? 0 : -1;
}
