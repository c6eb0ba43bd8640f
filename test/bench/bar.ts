/** `unclear`: the machine was too restless for a baseline. */
type Verdict = 'yes' | 'accepted' | 'NO' | 'unclear';

/** Something that a figure is held against. */
export interface Bar {
  what: string;
  figure: number;
  /** Measured in the same run; undefined where the bar is a number by itself. */
  baseline: number | undefined;
  unit: string;
  ratio: number | undefined;
  /** `>= 0.50`, with what is still accepted in brackets. */
  bar: string;
  verdict: Verdict;
}

export interface Measured {
  figure: number;
  baseline: number;
  unit: string;
  /** Default: figure over baseline. */
  ratio?: number;
}

/** The ratio has to reach `bar`; from `accepted` on, a profile has to say where the rest goes. */
export function atLeast(what: string, measured: Measured, bar: number, accepted = bar): Bar {
  const ratio = ratioOf(measured);
  const verdict = Number.isNaN(ratio) ? 'unclear' : ratio >= bar ? 'yes' : ratio >= accepted ? 'accepted' : 'NO';
  const text = accepted === bar ? `>= ${bar.toFixed(2)}` : `>= ${bar.toFixed(2)} (${accepted.toFixed(2)})`;
  return { what, ...withRatio(measured, ratio), bar: text, verdict };
}

/** The ratio must not be above `bar`. */
export function atMost(what: string, measured: Measured, bar: number): Bar {
  const ratio = ratioOf(measured);
  const verdict = Number.isNaN(ratio) ? 'unclear' : ratio <= bar ? 'yes' : 'NO';
  return { what, ...withRatio(measured, ratio), bar: `<= ${bar.toFixed(2)}`, verdict };
}

/** The figure itself must not be above `limit`. */
export function within(what: string, measured: Omit<Measured, 'baseline'> & { baseline?: number }, limit: number): Bar {
  const { figure, baseline, unit } = measured;
  const ratio = baseline === undefined ? undefined : figure / baseline;
  return {
    what,
    figure,
    baseline,
    unit,
    ratio,
    bar: `<= ${limit.toFixed(1)}`,
    verdict: figure <= limit ? 'yes' : 'NO',
  };
}

function withRatio({ figure, baseline, unit }: Measured, ratio: number) {
  return { figure, baseline, unit, ratio: Number.isNaN(ratio) ? undefined : ratio };
}

/** NaN when the baseline is nothing to divide by. */
function ratioOf({ figure, baseline, ratio }: Measured): number {
  return ratio ?? (baseline > 0 ? figure / baseline : Number.NaN);
}
