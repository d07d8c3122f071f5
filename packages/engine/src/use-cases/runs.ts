/** Runs: read with the reasons why they wait, cancelled, run again. */
import type { Engine } from "../engine.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";
import { explainRun } from "./explain.ts";
import { withData } from "./reading.ts";

type RunUseCases = Pick<Engine, "getRun" | "listRuns" | "cancelRun" | "rerunRun">;

export function runUseCases(context: EngineContext): RunUseCases {
  const { ns, submit, keys } = context;
  return {
    getRun: async (id) => {
      const run = await loadOne(context, keys.run(id));
      if (run === undefined) return missing("run_not_found", `there is no run ${id}`);
      return { ...(await withData(context, run)), ...(await explainRun(context, run)) };
    },
    listRuns: (query) => context.storage.runs({ ns, ...query }),
    cancelRun: async (by, id) => {
      const reason = "user";
      return (await submit({ kind: "cancelRun", ns, actor: by.name, run: id, reason })).run;
    },
    rerunRun: async (by, id) => {
      const runId = context.newId();
      return (await submit({ kind: "rerunRun", ns, actor: by.name, run: id, runId })).run;
    },
  };
}
