/** Durations as users write them: a whole number and a unit. */

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

const DURATION = /^([1-9][0-9]{0,9})(ms|s|m|h)$/;

/** The longest duration that is accepted: 30 days, so that a wait always has an end. */
export const MAX_DURATION_MS = 30 * 24 * UNITS_MS.h;

export const DURATION_PATTERN = DURATION.source;

/** The rule in words, for messages. */
export const DURATION_RULE = "a duration such as 500ms, 30s, 5m or 2h";

/** Milliseconds of a duration such as `500ms`, `30s`, `5m`, `2h`; undefined if it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const unit = UNITS_MS[match[2] as keyof typeof UNITS_MS];
  const durationMs = Number(match[1]) * unit;
  return durationMs <= MAX_DURATION_MS ? durationMs : undefined;
}
