/** How much is generated, and from which seed: printed, so that what was found can be found again. */

const { CONVEYOR_GENERATED: count, CONVEYOR_SEED: given } = process.env;

/** Requests; frames are a third of them. More with `CONVEYOR_GENERATED=10000`. */
export const REQUESTS = Number(count ?? 1_500);

/** Of all generators of this process. The same one again with `CONVEYOR_SEED`. */
export const SEED = Number(given ?? Date.now() % 2 ** 31);

export function announce(what: string): void {
  console.log(`${what}: CONVEYOR_GENERATED=${REQUESTS} CONVEYOR_SEED=${SEED}`);
}
