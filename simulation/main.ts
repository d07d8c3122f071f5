/**
 * `npm run simulate -- --histories 10000 --seed 1`: simulates histories and checks the promises after
 * each. `--histories 1 --verbose` shows what happened in one. Exits with 1 when a promise is broken.
 */
import { parseArgs } from "node:util";
import { runHistory } from "./run-history.ts";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
  },
});
const histories = Number(values.histories);
const seed = Number(values.seed);
if (!Number.isInteger(histories) || histories < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run simulate -- --histories NUMBER --seed NUMBER [--verbose]");
  process.exit(2);
}

if (values.verbose) {
  for (let next = seed; next < seed + histories; next += 1) {
    console.log(`history ${next}`);
    const { broken } = await runHistory({
      seed: next,
      onEvent: (at, text) => console.log(`${(at / 1_000).toFixed(3).padStart(9)} s  ${text}`),
    });
    for (const text of broken) console.log(`BROKEN: ${text}`);
    process.exitCode = broken.length > 0 ? 1 : process.exitCode;
  }
} else {
  const begun = performance.now();
  const { failed, runs, handlers, lines, actions, seen } = await simulate({
    seed,
    histories,
    onFailure: (text) => console.error(text),
    onProgress: (done) => console.log(`${done} histories`),
  });
  const seconds = (performance.now() - begun) / 1_000;
  console.log(
    `${histories} histories from seed ${seed} in ${seconds.toFixed(1)} s (${(histories / seconds).toFixed(0)}/s): ` +
      `${runs} runs, ${handlers} handlers, ${lines} lines, ${actions} actions; ${failed} failed`,
  );
  console.log(`checked: ${[...seen].map(([what, times]) => `${what} ${times}`).join(", ")}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
