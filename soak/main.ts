/**
 * `npm run soak -- --minutes 60 [--json FILE] [--plot FILE] [--data DIR]`: a mixed load for a long
 * time; says what grew. Ctrl-C ends it early with the report so far. Exits with 1 when something went
 * wrong or grew that should not.
 */
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createScope } from "../e2e/harness/scope.ts";
import { plotOf } from "./report/plot.ts";
import { isSound, linesOf } from "./report/soak-report.ts";
import { runSoak } from "./run-soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    json: { type: "string" },
    plot: { type: "string" },
    data: { type: "string" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error("usage: npm run soak -- --minutes NUMBER [--json FILE] [--plot FILE] [--data DIR]");
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
const scope = createScope("soak");
let sound = false;
try {
  const report = await runSoak({
    minutes,
    scope,
    data: values.data === undefined ? undefined : resolve(values.data),
    configuration: {
      cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}`,
      system: `${process.platform} ${release()}, node ${process.version}`,
      begun: new Date().toISOString(),
      asked: `${minutes} minutes`,
    },
    signal: stop.signal,
    progress: (text) => console.error(text),
  });
  sound = isSound(report);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report)}\n`);
  const lasted = Math.round((report.samples.at(-1)?.second ?? 0) / 60);
  const title = `Soak of ${lasted} minutes, begun ${report.configuration["begun"]}`;
  if (values.plot !== undefined) writeFileSync(values.plot, plotOf(report.samples, title));
  console.log(linesOf(report).join("\n"));
} finally {
  await scope.close();
}
console.log(sound ? "\neverything as it should be" : "\nFAILED");
process.exit(sound ? 0 : 1);
