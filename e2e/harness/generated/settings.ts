/** How much is generated, and from which seed: printed, so that what was found can be found again. */

const { CONVEYOR_GENERATED: count, CONVEYOR_SEED: given } = process.env;

/** Requests, and frames. More with `CONVEYOR_GENERATED=100000`. */
export const REQUESTS = Number(count ?? 10_000);
export const FRAMES = REQUESTS;

/** Of all generators of this process. The same one again with `CONVEYOR_SEED`. */
export const SEED = Number(given ?? Date.now() % 2 ** 31);

export function announce(what: string): void {
  console.log(`${what}: CONVEYOR_GENERATED=${REQUESTS} CONVEYOR_SEED=${SEED}`);
}
