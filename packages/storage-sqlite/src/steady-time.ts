/**
 * The storage's time: what decisions are made by and what records carry.
 *
 * T1 It never goes back, nor begins before the newest batch that is stored.
 * T2 It begins at the wall clock's time, and from then on passes as real time does: no jump of the
 *    wall clock makes leases or timeouts expire, or keeps them from expiring.
 * T3 Where it differs from the wall clock it comes closer, by at most `MAX_SLEW` of the real time
 *    that passes; so do all durations differ by no more than that.
 */

/** A clock that shows the time of day and may jump, and one that passes evenly from any origin. */
export interface Times {
  readonly wallMs: () => number;
  readonly evenMs: () => number;
}

export const systemTimes: Times = {
  wallMs: () => Date.now(),
  evenMs: () => performance.now(),
};

const MAX_SLEW = 0.1;

/** A time by both clocks, that begins no earlier than `notBefore`. */
export function steadyTime(notBefore: number, { wallMs, evenMs }: Times): () => number {
  let time = Math.max(wallMs(), notBefore);
  let last = evenMs();
  return () => {
    const now = evenMs();
    const passed = now - last;
    last = now;
    const behind = wallMs() - (time + passed);
    const most = passed * MAX_SLEW;
    time += passed + Math.min(most, Math.max(-most, behind)); // T3
    return Math.floor(time);
  };
}

/** A clock that somebody else moves, without its steps back. */
export function growing(notBefore: number, now: () => number): () => number {
  let last = notBefore;
  return () => {
    last = Math.max(last, Math.floor(now()));
    return last;
  };
}
