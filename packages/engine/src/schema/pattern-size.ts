/**
 * How large a program a pattern becomes. What it repeats a counted number of times is written out as
 * often, and a class of Unicode is hundreds of ranges; both the time to compile it and the time that
 * a character may take grow with that. An estimate from the text alone, before anything is compiled;
 * what is no pattern is refused by the engine itself.
 */

/** A class of Unicode takes as long to compile as so many characters (measured: 0.4 ms, 8 µs). */
const UNICODE_CLASS = 50;

const TOKENS =
  /(?<unicode>\\[pP](?:\{[^}]*\}|.))|\\.|(?<set>\[(?:\\.|[^\]\\])*\]?)|\{(?<least>\d+)(?:,(?<most>\d*))?\}|(?<open>\()|(?<close>\))|(?<sign>[*+?|^$])|./gsu;

interface Group {
  size: number;
  /** Of what a repetition that follows would repeat. */
  last: number;
}

/** The size of a pattern, in characters, classes and the like that it is made of when written out. */
export function patternSize(pattern: string): number {
  const outer: Group = { size: 0, last: 0 };
  const open: Group[] = [outer];
  for (const { groups = {} } of pattern.matchAll(TOKENS)) {
    const group = open.at(-1) ?? outer;
    if (groups["open"] !== undefined) open.push({ size: 0, last: 0 });
    else if (groups["close"] !== undefined) close(open, outer);
    else if (groups["least"] !== undefined) {
      const times = Math.max(1, Number(groups["most"] || groups["least"]));
      group.size += group.last * (times - 1);
      group.last *= times;
    } else if (groups["sign"] === undefined) add(group, sizeOf(groups));
  }
  while (open.length > 1) close(open, outer);
  return outer.size;
}

function sizeOf({ unicode, set }: Readonly<Record<string, string | undefined>>): number {
  if (unicode !== undefined) return UNICODE_CLASS;
  const classes = set?.match(/\\[pP]/g)?.length ?? 0;
  return 1 + classes * UNICODE_CLASS;
}

function add(group: Group, size: number): void {
  group.size += size;
  group.last = size;
}

function close(open: Group[], outer: Group): void {
  const inner = open.length > 1 ? open.pop() : undefined;
  if (inner !== undefined) add(open.at(-1) ?? outer, inner.size);
}
