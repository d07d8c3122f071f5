// @ts-check
import { setTimeout as pause } from "node:timers/promises";
import { ApiError, UnreachableError } from "@conveyor-ci/client";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Repeats what fails because the control plane is away, for so long after the first failure.
 *
 * @template T
 * @param {{ forMs: number, onAway: () => void }} bound `onAway` is called at the first failure
 * @param {() => Promise<T>} action may be carried out more than once
 * @returns {Promise<T>}
 * @throws the last error when the time is over; any other at once
 */
export async function repeatWhileAway({ forMs, onAway }, action) {
  let awaySince;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await action();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (awaySince === undefined) onAway();
      awaySince ??= performance.now();
      if (performance.now() - awaySince > forMs) throw error;
      await pause(pauseMs * (0.5 + Math.random() / 2));
    }
  }
}

/** @param {unknown} error */
export function isAway(error) {
  return error instanceof UnreachableError || (error instanceof ApiError && error.status === 503);
}
