/** `/resources/` */
import type {
  ResourceBody,
  ResourceUpdateBody,
  WireCreated,
  WireResource,
} from "@conveyor-ci/contract";
import { fetchJson, jsonOf, type List, type ListOptions, listAt } from "./answers.ts";
import { type CallOptions, pathOf, type Transport } from "./transport.ts";

const PATH = "/resources";

/** Names one resource. */
export interface ResourceName {
  /** The kind: the name of its definition. */
  readonly kind: string;
  readonly name: string;
}

export interface ResourceListOptions extends ListOptions {
  readonly kind?: string | undefined;
  /** Keeps those whose metadata match, such as `team=web,stage=live`. */
  readonly selector?: string | undefined;
}

export interface UpdateOptions extends CallOptions {
  /** Refused with `version_conflict` unless the resource is at this version. */
  readonly ifMatch?: string | undefined;
}

export interface DeleteOptions extends UpdateOptions {
  /** Ends it now, without a delete run. */
  readonly force?: boolean | undefined;
}

/** What a change of a resource led to. */
export interface Updated {
  readonly resource: WireResource;
  /** The run that the change made; null where it made none. */
  readonly runId: string | null;
}

/** Resources: what is wanted, in which version, and what is. */
export interface Resources {
  /** Refused with `resource_exists` where the name is taken. */
  create(body: ResourceBody, options?: CallOptions): Promise<WireCreated>;
  /** Makes a new version and a run, unless nothing changed. */
  update(at: ResourceName, body: ResourceUpdateBody, options?: UpdateOptions): Promise<Updated>;
  get(at: ResourceName, options?: CallOptions): Promise<WireResource>;
  /** An old version as it was. */
  version(at: ResourceName & { version: string }, options?: CallOptions): Promise<WireResource>;
  list(options?: ResourceListOptions): List<WireResource>;
  /**
   * Answers the run that the resource waits for before it goes; null where it is gone already.
   */
  delete(at: ResourceName, options?: DeleteOptions): Promise<{ readonly runId: string | null }>;
}

export function createResources(transport: Transport): Resources {
  const at = ({ kind, name }: ResourceName) => PATH + pathOf(kind, name);
  return {
    create: (body, options) =>
      fetchJson(transport, { method: "POST", path: PATH, body, ...options }),
    async update(name, body, { ifMatch, ...options } = {}) {
      const answer = await transport.send({
        method: "PUT",
        path: at(name),
        body,
        headers: conditionOf(ifMatch),
        ...options,
      });
      return {
        resource: jsonOf<WireResource>(transport, answer),
        runId: answer.headers.get("run-id"),
      };
    },
    get: (name, options) => fetchJson(transport, { method: "GET", path: at(name), ...options }),
    version: ({ version, ...name }, options) =>
      fetchJson(transport, { method: "GET", path: at(name) + pathOf(version), ...options }),
    list({ kind, selector, ...options } = {}) {
      const path = kind === undefined ? PATH : PATH + pathOf(kind);
      return listAt(transport, { path, query: { selector }, options });
    },
    async delete(name, { force, ifMatch, ...options } = {}) {
      const parts = { query: { force }, headers: conditionOf(ifMatch) };
      const answer = await transport.send({
        method: "DELETE",
        path: at(name),
        ...parts,
        ...options,
      });
      return { runId: answer.headers.get("run-id") };
    },
  };
}

function conditionOf(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined ? {} : { "if-match": `"${version}"` };
}
