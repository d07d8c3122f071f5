/** `/runs/` */
import type { WireRun } from "@conveyor-ci/contract";
import type { RunState } from "@conveyor-ci/core";
import { fetchJson, type List, type ListOptions, listAt } from "./answers.ts";
import { type CallOptions, pathOf, type Transport } from "./transport.ts";

const PATH = "/runs";

export interface RunListOptions extends ListOptions {
  /** The kind of its resource. */
  readonly resource?: string | undefined;
  /** The name of its resource. */
  readonly name?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly driver?: string | undefined;
  readonly state?: RunState | undefined;
}

/** A run made by running again. */
export interface Rerun {
  readonly runid: string;
  readonly parent: string;
}

/** Runs: what became of each event. */
export interface Runs {
  /** Newest first, without the data of results. */
  list(options?: RunListOptions): List<WireRun>;
  get(id: string, options?: CallOptions): Promise<WireRun>;
  /** Asks the run to end; refused with `run_finished` where it has. */
  cancel(id: string, options?: CallOptions): Promise<WireRun>;
  /** A new run of the same event, on the version and pipeline revision that the run had. */
  rerun(id: string, options?: CallOptions): Promise<Rerun>;
}

export function createRuns(transport: Transport): Runs {
  const at = (id: string) => PATH + pathOf(id);
  return {
    list({ resource, name, pipeline, driver, state, ...options } = {}) {
      const query = { resource, name, pipeline, driver, state };
      return listAt(transport, { path: PATH, query, options });
    },
    get: (id, options) => fetchJson(transport, { method: "GET", path: at(id), ...options }),
    cancel: (id, options) =>
      fetchJson(transport, { method: "POST", path: `${at(id)}/cancel`, ...options }),
    rerun: (id, options) =>
      fetchJson(transport, { method: "POST", path: `${at(id)}/rerun`, ...options }),
  };
}
