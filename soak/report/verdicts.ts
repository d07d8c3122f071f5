/** Whether something grows that should not: the last quarter of a soak held against the first. */
import { median } from "../../bench/percentiles.ts";
import { type Sample, SOAK_FIGURES, type SoakFigure } from "./figures.ts";

export interface Comparison {
  readonly figure: SoakFigure;
  readonly first: number | null;
  readonly last: number | null;
  readonly verdict: "steady" | "grew" | "not judged" | "too short";
}

/** What compiles and fills its caches is not counted: a tenth of the time, two minutes at most. */
const WARM_UP_SHARE = 0.1;
const LONGEST_WARM_UP_S = 120;
/** In shorter ones the caches of the server are still filling. */
const SHORTEST_QUARTER_S = 120;
/** Values that a quarter must have for a verdict. */
const FEWEST = 5;
/** Where as many windows as this are calm, times are judged by those alone. */
const FEWEST_CALM = 10;
/** A window is calm when other programs take no more of the processors than this, in % of a core. */
const CALM_CPU = 40;

export function compareQuarters(samples: readonly Sample[]): readonly Comparison[] {
  const end = samples.at(-1)?.second ?? 0;
  const begin = Math.min(LONGEST_WARM_UP_S, end * WARM_UP_SHARE);
  const quarter = (end - begin) / 4;
  const first = samples.filter(({ second }) => second >= begin && second < begin + quarter);
  const last = samples.filter(({ second }) => second >= end - quarter);
  const calm = [first.filter(isCalm), last.filter(isCalm)] as const;
  const isOftenCalm = calm.every(({ length }) => length >= FEWEST_CALM);
  return SOAK_FIGURES.map((figure) => {
    const isByCalm = figure.isTime === true && isOftenCalm;
    const [from, to] = isByCalm ? calm : [first, last];
    const compared = compare(figure, valuesOf(figure, from), valuesOf(figure, to));
    const isShort = quarter < SHORTEST_QUARTER_S && compared.verdict !== "not judged";
    return isShort ? { ...compared, verdict: "too short" } : compared;
  });
}

function isCalm({ values }: Sample): boolean {
  return (values["others.cpu"] ?? Infinity) <= CALM_CPU;
}

function valuesOf({ id }: SoakFigure, samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ values }) => values[id] ?? []);
}

function compare(
  figure: SoakFigure,
  firsts: readonly number[],
  lasts: readonly number[],
): Comparison {
  const first = firsts.length === 0 ? null : median(firsts);
  const last = lasts.length === 0 ? null : median(lasts);
  const at = { figure, first, last };
  if (figure.mayGrow === null) return { ...at, verdict: "not judged" };
  if (first === null || last === null || Math.min(firsts.length, lasts.length) < FEWEST) {
    return { ...at, verdict: "too short" };
  }
  const { times, plus } = figure.mayGrow;
  return { ...at, verdict: last <= first * times + plus ? "steady" : "grew" };
}
