/**
 * `npm run chaos -- --kills 100 --seed 7`: kills the server and drivers at random moments and checks
 * that the promises hold. Exits with 1 on a violation; its files are kept then.
 */
import { parseArgs } from "node:util";
import { createScope } from "../e2e/harness/scope.ts";
import { reportOf } from "./report.ts";
import { runChaos } from "./run-chaos.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run chaos -- --kills NUMBER --seed NUMBER");
  process.exit(2);
}

const scope = createScope("chaos");
let isSound = false;
console.log(`chaos with ${kills} kills, seed ${seed}`);
try {
  const outcome = await runChaos({
    kills,
    seed,
    scope,
    onKill: (kill, number) => {
      const { victim, changesInFlight, stepRunsInFlight } = kill;
      const inFlight = `${changesInFlight} changes and ${stepRunsInFlight} step runs in flight`;
      console.log(`kill ${number}: ${victim} ${kill.pid} with ${inFlight}`);
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
