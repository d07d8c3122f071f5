/** Log lines: written from outside a lease, queried, followed. */
import type { LogChunk } from "@conveyor-ci/core";
import type { Engine, LogFilter } from "../engine.ts";
import type { LogCursor } from "../ports/index.ts";
import { followLog } from "../runtime/log-follower.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";

type LogUseCases = Pick<Engine, "writeLines" | "queryLogs" | "followLogs">;

const PAGE_BYTES = 512 * 1024;

export function logUseCases(context: EngineContext): LogUseCases {
  const { ns, keys, logs, submit } = context;
  return {
    writeLines: async (by, { run, driver, lines }) =>
      (await submit({ kind: "writeLines", ns, actor: by.name, run, driver, lines })).seq,
    queryLogs: (filter) => queryLogs(context, filter),
    followLogs: async ({ run: id, driver, after }, signal) => {
      const run = await loadOne(context, keys.run(id));
      if (run === undefined) return missing("run_not_found", `there is no run ${id}`);
      const { notifier, clock } = context;
      const stateOf = async (): Promise<typeof run.state> =>
        (await loadOne(context, keys.run(id)))?.state ?? run.state;
      return followLog({ ns, run, driver, after, signal, logs, notifier, clock, stateOf });
    },
  };
}

async function* queryLogs(context: EngineContext, filter: LogFilter): AsyncGenerator<LogChunk> {
  const { driver, pipeline, step } = filter;
  let position: number | null = null;
  let after: LogCursor | null = null;
  if (filter.run !== null) {
    const run = await loadOne(context, context.keys.run(filter.run));
    if (run === undefined) return;
    ({ position } = run);
    after = { position, after: filter.after };
  }
  do {
    const page = await context.logs.read({
      ns: context.ns,
      position,
      driver,
      pipeline,
      step,
      after,
      maxBytes: PAGE_BYTES,
    });
    yield* page.chunks;
    after = page.next;
    // Other requests get their turn between two pages, however long the answer is.
    if (after !== null) await context.clock.nextTurn();
  } while (after !== null);
}
