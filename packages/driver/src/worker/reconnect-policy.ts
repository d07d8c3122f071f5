/** When to try the server again. Pure: the caller brings the randomness. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Less than the grace that leases have after a connection closed (10 s), with tries to spare. */
const LONGEST_HOLDING_MS = 3_000;

export interface ReconnectState {
  /** Tries since the last connection that held; 0 is the first. */
  readonly attempt: number;
  readonly holdsLeases: boolean;
}

/**
 * Milliseconds to wait: none before the first try, then full jitter over 1 s doubling to 30 s, and
 * never more than 3 s while leases are held. `random` is in [0, 1).
 */
export function reconnectDelayMs({ attempt, holdsLeases }: ReconnectState, random: number): number {
  if (attempt <= 0) return 0;
  const longestMs = holdsLeases ? LONGEST_HOLDING_MS : LONGEST_MS;
  return random * Math.min(longestMs, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
}
