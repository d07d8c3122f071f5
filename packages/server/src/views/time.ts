let lastAt = Number.NaN;
let lastText = "";

/** Times on the wire: RFC 3339, UTC, with milliseconds. */
export function viewTime(at: number): string {
  // What one commit made has one time, and is shown together.
  if (at !== lastAt) {
    lastText = new Date(at).toISOString();
    lastAt = at;
  }
  return lastText;
}

export function viewTimeOrNull(at: number | null): string | null {
  return at === null ? null : viewTime(at);
}
