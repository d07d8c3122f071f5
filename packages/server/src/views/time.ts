/** Times on the wire: RFC 3339, UTC, with milliseconds. */
export function viewTime(at: number): string {
  return new Date(at).toISOString();
}

export function viewTimeOrNull(at: number | null): string | null {
  return at === null ? null : viewTime(at);
}
