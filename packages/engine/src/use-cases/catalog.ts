/** Definitions and pipelines, and the feed in which all that changes stands. */
import type { Engine } from "../engine.ts";
import { followFeed } from "../runtime/feed-follower.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";

type CatalogUseCases = Pick<
  Engine,
  | "createDefinition"
  | "deleteDefinition"
  | "getDefinition"
  | "listDefinitions"
  | "putPipeline"
  | "deletePipeline"
  | "getPipeline"
  | "listPipelines"
  | "broadcast"
  | "listChanges"
  | "followChanges"
>;

export function catalogUseCases(context: EngineContext): CatalogUseCases {
  const { ns, storage, submit, keys } = context;
  return {
    createDefinition: async (by, content, mode) => {
      context.validator.check(content.schema);
      const id = context.newId();
      return submit({ kind: "createDefinition", ns, actor: by.name, id, content, mode });
    },
    deleteDefinition: async (by, name) => {
      await submit({ kind: "deleteDefinition", ns, actor: by.name, name });
    },
    getDefinition: async (name) =>
      (await loadOne(context, keys.definition(name))) ??
      missing("definition_not_found", `there is no resource definition named ${name}`),
    listDefinitions: (page) => storage.definitions({ ns, ...page }),
    putPipeline: (by, content, mode) =>
      submit({ kind: "putPipeline", ns, actor: by.name, id: context.newId(), content, mode }),
    deletePipeline: async (by, name) => {
      await submit({ kind: "deletePipeline", ns, actor: by.name, name });
    },
    getPipeline: async (name) =>
      (await loadOne(context, keys.pipeline(name))) ??
      missing("pipeline_not_found", `there is no pipeline named ${name}`),
    listPipelines: (page) => storage.pipelines({ ns, ...page }),
    broadcast: async (by, message) => {
      await submit({ kind: "broadcast", ns, actor: by.name, message });
    },
    listChanges: (page) => storage.changes({ ns, ...page }),
    followChanges: (after, signal) =>
      followFeed({ ns, after, signal, storage, notifier: context.notifier, clock: context.clock }),
  };
}
