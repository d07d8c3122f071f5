/** Times as people read them. */

/** A span in its two largest units at most: `850ms`, `12s`, `3m4s`, `2h5m`, `3d4h`. */
export function spanText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.max(0, Math.round(durationMs))}ms`;
  const seconds = Math.floor(durationMs / 1_000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join("");
}

/** How long ago a time of the wire is. */
export function ageText(at: string | null, nowMs: number = Date.now()): string {
  return at === null ? "-" : spanText(nowMs - Date.parse(at));
}

/** From one time of the wire to another, or to now. */
export function betweenText(from: string | null, to: string | null): string {
  if (from === null) return "-";
  return spanText((to === null ? Date.now() : Date.parse(to)) - Date.parse(from));
}
