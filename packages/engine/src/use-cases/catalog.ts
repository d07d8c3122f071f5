/** Definitions and pipelines, and the feed in which all that changes stands. */
import {
  type Definition,
  type DefinitionContent,
  isEqualJson,
  type Pipeline,
} from "@conveyor-ci/core";
import type { Engine } from "../engine.ts";
import { followFeed } from "../runtime/feed-follower.ts";
import { type EngineContext, loadOne, missing } from "./context.ts";
import { suggesting } from "./suggesting.ts";

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
  const { ns, storage, submit } = context;
  return {
    createDefinition: async (by, content, mode) => {
      try {
        context.validator.check(content.schema);
      } catch (refusal) {
        await throwUnlessStored(context, content, refusal);
      }
      const id = context.newId();
      return submit({ kind: "createDefinition", ns, actor: by.name, id, content, mode });
    },
    deleteDefinition: async (by, name) => {
      const done = submit({ kind: "deleteDefinition", ns, actor: by.name, name });
      await suggesting(context, { definition: name }, done);
    },
    getDefinition: (name) => suggesting(context, { definition: name }, definitionOf(context, name)),
    listDefinitions: (page) => storage.definitions({ ns, ...page }),
    putPipeline: (by, content, mode) => {
      const id = context.newId();
      const done = submit({ kind: "putPipeline", ns, actor: by.name, id, content, mode });
      return suggesting(context, { definition: content.resource, pipeline: content.name }, done);
    },
    deletePipeline: async (by, name) => {
      const done = submit({ kind: "deletePipeline", ns, actor: by.name, name });
      await suggesting(context, { pipeline: name }, done);
    },
    getPipeline: (name) => suggesting(context, { pipeline: name }, pipelineOf(context, name)),
    listPipelines: (page) => storage.pipelines({ ns, ...page }),
    broadcast: async (by, message) => {
      await submit({ kind: "broadcast", ns, actor: by.name, message });
    },
    listChanges: (page) => storage.changes({ ns, ...page }),
    followChanges: (after, signal) =>
      followFeed({ ns, after, signal, storage, notifier: context.notifier, clock: context.clock }),
  };
}

/** What is stored already is used as it is, whatever bounds came since. */
async function throwUnlessStored(
  context: EngineContext,
  { name, schema }: DefinitionContent,
  refusal: unknown,
): Promise<void> {
  const stored = await loadOne(context, context.keys.definition(name));
  if (stored === undefined || !isEqualJson(stored.schema, schema)) throw refusal;
}

async function definitionOf(context: EngineContext, name: string): Promise<Definition> {
  return (
    (await loadOne(context, context.keys.definition(name))) ??
    missing("definition_not_found", `there is no resource definition named ${name}`)
  );
}

async function pipelineOf(context: EngineContext, name: string): Promise<Pipeline> {
  return (
    (await loadOne(context, context.keys.pipeline(name))) ??
    missing("pipeline_not_found", `there is no pipeline named ${name}`)
  );
}
