/** Milliseconds of the clock that all processes of one machine share, and that never goes back. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
