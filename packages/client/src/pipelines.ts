/** `/pipelines/` */
import type { PipelineBody, WirePipeline } from "@conveyor-ci/contract";
import {
  type ApplyOutcome,
  fetchJson,
  jsonOf,
  type List,
  type ListOptions,
  listAt,
  outcomeOf,
} from "./answers.ts";
import { type CallOptions, pathOf, type Transport } from "./transport.ts";

const PATH = "/pipelines";

export interface AppliedPipeline {
  readonly pipeline: WirePipeline;
  readonly outcome: ApplyOutcome;
}

/** Pipelines: the graph of steps for a kind of resource. */
export interface Pipelines {
  /** Makes the pipeline or a new revision of it; the same content makes none. */
  apply(body: PipelineBody, options?: CallOptions): Promise<AppliedPipeline>;
  get(name: string, options?: CallOptions): Promise<WirePipeline>;
  list(options?: ListOptions): List<WirePipeline>;
  /** A new revision of a pipeline that exists. */
  put(name: string, body: PipelineBody, options?: CallOptions): Promise<WirePipeline>;
  /** Refused with `pipeline_in_use` while runs or resources need it. */
  delete(name: string, options?: CallOptions): Promise<void>;
}

export function createPipelines(transport: Transport): Pipelines {
  return {
    async apply(body, options) {
      const answer = await transport.send({ method: "POST", path: PATH, body, ...options });
      return { pipeline: jsonOf(transport, answer), outcome: outcomeOf(answer) };
    },
    get: (name, options) =>
      fetchJson(transport, { method: "GET", path: PATH + pathOf(name), ...options }),
    list: (options = {}) => listAt(transport, { path: PATH, options }),
    put: (name, body, options) =>
      fetchJson(transport, { method: "PUT", path: PATH + pathOf(name), body, ...options }),
    async delete(name, options) {
      await transport.send({ method: "DELETE", path: PATH + pathOf(name), ...options });
    },
  };
}
