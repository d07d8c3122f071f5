/** `/resource-definitions/` */
import type { DefinitionBody, WireDefinition } from "@conveyor-ci/contract";
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

const PATH = "/resource-definitions";

export interface AppliedDefinition {
  readonly definition: WireDefinition;
  readonly outcome: ApplyOutcome;
}

/** Resource definitions: the JSON Schema of each kind. */
export interface Definitions {
  /** Refused with `definition_exists` where the name is taken. */
  create(body: DefinitionBody, options?: CallOptions): Promise<WireDefinition>;
  /** Creates the definition, or changes the one that has its name. */
  apply(body: DefinitionBody, options?: CallOptions): Promise<AppliedDefinition>;
  get(name: string, options?: CallOptions): Promise<WireDefinition>;
  list(options?: ListOptions): List<WireDefinition>;
  put(name: string, body: DefinitionBody, options?: CallOptions): Promise<WireDefinition>;
  /** Refused with `definition_in_use` while resources or pipelines need it. */
  delete(name: string, options?: CallOptions): Promise<void>;
}

export function createDefinitions(transport: Transport): Definitions {
  return {
    create: (body, options) =>
      fetchJson(transport, { method: "POST", path: PATH, body, ...options }),
    async apply(body, options) {
      const path = `${PATH}/apply`;
      const answer = await transport.send({ method: "POST", path, body, ...options });
      return { definition: jsonOf(transport, answer), outcome: outcomeOf(answer) };
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
