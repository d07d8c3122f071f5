/**
 * An open loop: acts come at their rate, whatever becomes of those before.
 *
 * P1 At most `MAX_UNDER_WAY` acts are under way; those that come then are counted as left out.
 */
export interface Pace {
  readonly underWay: number;
  readonly leftOut: number;
  /** Lets no more come; resolves when all have ended. */
  stop(): Promise<void>;
}

export interface PaceOptions {
  readonly perSecond: number;
  readonly act: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const MAX_UNDER_WAY = 500;

export function startPace({ perSecond, act, onError }: PaceOptions): Pace {
  const acts = new Set<Promise<void>>();
  let leftOut = 0;
  let timer: NodeJS.Timeout;
  let dueAt = performance.now();
  const begin = (): void => {
    if (acts.size >= MAX_UNDER_WAY) {
      leftOut += 1;
      return;
    }
    const one = act()
      .catch(onError)
      .finally(() => acts.delete(one));
    acts.add(one);
  };
  const next = (): void => {
    // Waits between independent arrivals.
    dueAt += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
    timer = setTimeout(turn, Math.max(0, dueAt - performance.now()));
  };
  const turn = (): void => {
    begin();
    next();
  };
  next();
  return {
    get underWay() {
      return acts.size;
    },
    get leftOut() {
      return leftOut;
    },
    async stop() {
      clearTimeout(timer);
      await Promise.all(acts);
    },
  };
}
