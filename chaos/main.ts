/**
 * `npm run chaos -- --kills 100 --seed 7`, `npm run chaos -- --trouble all --strikes 40 --seed 7`:
 * makes trouble at random moments and checks that the promises hold. Exits with 1 on a violation; its
 * files are kept then.
 */
import { parseArgs } from "node:util";
import { createScope } from "../e2e/harness/scope.ts";
import { reportOf } from "./report.ts";
import { type ChaosOptions, runChaos } from "./run-chaos.ts";
import { parseTroubles, TROUBLE_KINDS } from "./troubles/trouble-kinds.ts";

const USAGE = `usage: npm run chaos -- [--kills N | --strikes N --trouble LIST] [--longest SECONDS] [--seed N]
troubles: all, or some of ${TROUBLE_KINDS.join(",")}`;

type Wanted = Pick<ChaosOptions, "strikes" | "seed" | "troubles" | "longestMs">;

/** `--kills N` is short for N strikes that are kills. */
function readWanted(): Wanted {
  const { values } = parseArgs({
    options: {
      kills: { type: "string" },
      strikes: { type: "string" },
      trouble: { type: "string", default: "kill" },
      longest: { type: "string", default: "26" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    },
  });
  const strikes = Number(values.strikes ?? values.kills ?? "20");
  const seed = Number(values.seed);
  const longestMs = Number(values.longest) * 1_000;
  const isSound = Number.isInteger(strikes) && strikes > 0 && Number.isInteger(seed);
  if (!isSound || !(longestMs > 0)) throw new RangeError("a number is missing or out of range");
  return { strikes, seed, longestMs, troubles: parseTroubles(values.trouble) };
}

function wantedOrExit(): Wanted {
  try {
    return readWanted();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

const wanted = wantedOrExit();
const { strikes, seed, troubles } = wanted;
const scope = createScope("chaos");
let isSound = false;
console.log(`chaos with ${strikes} strikes of ${troubles.join(", ")}, seed ${seed}`);
try {
  const outcome = await runChaos({
    ...wanted,
    scope,
    onStrike: (strike, number) => {
      const { trouble, victim, pid, instance, what, changesInFlight, stepRunsInFlight } = strike;
      const inFlight = `${changesInFlight} changes and ${stepRunsInFlight} step runs in flight`;
      const who = [victim, instance, pid].filter((name) => name !== null).join(" ");
      console.log(`${trouble} ${number}: ${who}, ${what}, with ${inFlight}`);
    },
  });
  console.log(`\n${reportOf(outcome).join("\n")}`);
  isSound = outcome.verdicts.every(({ count }) => count === 0);
} catch (error) {
  console.error(error);
} finally {
  await scope.close({ keepFiles: !isSound });
}
console.log(
  isSound
    ? `\nall invariants hold (seed ${seed})`
    : `\nFAILED with seed ${seed}; files in ${scope.directory}`,
);
process.exit(isSound ? 0 : 1);
