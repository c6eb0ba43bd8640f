import { isDeepStrictEqual } from 'node:util';
import { type CampaignReport, runCampaign } from '../campaign.ts';
import type { Chance } from '../generate/chance.ts';
import { type GeneratedResponse, generateResponse } from '../generate/responses.ts';
import { readByNodeClient } from './by-node-client.ts';
import { cutsOf, readByOurParser } from './by-our-parser.ts';
import { differenceOf } from './differences.ts';
import type { Outcome } from './outcome.ts';

/** A shorter answer is also cut into two at each of its bytes, in a share of the cases; a longer one at some of them. */
const CUT_EVERYWHERE_BYTES = 400;
const CUT_EVERYWHERE_SHARE = 0.1;
const SHOWN_BYTES = 600;

export interface Compared extends CampaignReport {
  /** How often each known difference was met, by its name. */
  met: Map<string, number>;
  /** Answers that both read, and read alike. */
  alike: number;
}

/** Generated answers, each read by the gateway's parser and by node:http's client. */
export async function compareReaders(cases: number, withinMs: number): Promise<Compared> {
  const met = new Map<string, number>();
  let alike = 0;
  const report = await runCampaign({
    name: 'response parser beside llhttp',
    cases,
    lanes: 1,
    withinMs,
    run: async (chance) => {
      const response = generateResponse(chance);
      const { text } = response;
      const ours = readByOurParser(response, [text]);
      const apart = wronglyCut(response, ours, chance);
      if (apart !== undefined) return apart;
      const theirs = await readByNodeClient(response, chance.pieces(text, 3));
      const difference = differenceOf(ours, theirs, text);
      if (difference === undefined) return `${asked(response)}: ours ${shown(ours)}, node:http ${shown(theirs)}`;
      if (difference !== 'none') met.set(difference, (met.get(difference) ?? 0) + 1);
      else if (ours.kind !== 'refused') alike += 1;
      return undefined;
    },
  });
  return { ...report, met, alike };
}

/** Whether the parser reads the same bytes otherwise in other pieces; undefined: it does not. */
function wronglyCut(response: GeneratedResponse, whole: Outcome, chance: Chance): string | undefined {
  const { text } = response;
  const everywhere = text.length <= CUT_EVERYWHERE_BYTES && chance.yes(CUT_EVERYWHERE_SHARE);
  const places = everywhere ? [...text].map((_, place) => place) : chance.some(1, 6, () => chance.int(0, text.length));
  for (const pieces of cutsOf(text, places)) {
    const cut = readByOurParser(response, pieces);
    if (isAlike(cut, whole)) continue;
    return `${asked(response)}: in ${pieces.length} pieces, the first of ${pieces[0]?.length}, ${shown(cut)} instead of ${shown(whole)}`;
  }
  return undefined;
}

function asked({ method, upgrade, text }: GeneratedResponse): string {
  return `${method}${upgrade ? ' with upgrade' : ''} ${JSON.stringify(text.slice(0, SHOWN_BYTES))}`;
}

/** Cut elsewhere another fault may be found first. */
function isAlike(one: Outcome, other: Outcome): boolean {
  return one.kind === 'refused' ? other.kind === 'refused' : isDeepStrictEqual(one, other);
}

function shown(outcome: Outcome): string {
  return JSON.stringify(outcome).slice(0, SHOWN_BYTES);
}
