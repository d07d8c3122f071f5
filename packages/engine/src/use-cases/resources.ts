/** Resources: created, changed, deleted, read. */
import type { Resource, ResourceContent } from "@conveyor-ci/core";
import type { Engine } from "../engine.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";
import { stateOf } from "./reading.ts";
import { type GivenNames, suggesting } from "./suggesting.ts";

type ResourceUseCases = Pick<
  Engine,
  | "createResource"
  | "updateResource"
  | "deleteResource"
  | "getResource"
  | "getVersion"
  | "listResources"
>;

async function visible(
  context: EngineContext,
  at: { readonly kind: string; readonly name: string },
): Promise<Resource> {
  const resource = await loadOne(context, context.keys.resource(at));
  if (resource !== undefined && resource.phase !== "deleted") return resource;
  const definition = await loadOne(context, context.keys.definition(at.kind));
  const more = definition === undefined ? `, and no definition named ${at.kind}` : "";
  return missing("resource_not_found", `there is no resource ${at.kind} ${at.name}${more}`);
}

function namesIn({ kind, pipeline }: ResourceContent): GivenNames {
  return { definition: kind, pipeline };
}

export function resourceUseCases(context: EngineContext): ResourceUseCases {
  const { ns, submit, newId } = context;
  return {
    createResource: (by, content) => {
      const ids = { id: newId(), runId: newId() };
      const done = submit({ kind: "createResource", ns, actor: by.name, ...ids, content });
      return suggesting(context, namesIn(content), done);
    },
    updateResource: (by, content, ifVersion) => {
      const runId = newId();
      const actor = by.name;
      const done = submit({ kind: "updateResource", ns, actor, runId, content, ifVersion });
      return suggesting(context, namesIn(content), done);
    },
    deleteResource: (by, { kind: resource, ...at }) => {
      const ids = { actor: by.name, runId: newId() };
      return submit({ kind: "deleteResource", ns, ...ids, resource, ...at });
    },
    getResource: async (at) => stateOf(context, await visible(context, at)),
    getVersion: async (at) => stateOf(context, await visible(context, at), at.version),
    listResources: async (query) => {
      const resources = await context.storage.resources({ ns, ...query });
      return Promise.all(resources.map((resource) => stateOf(context, resource)));
    },
  };
}
