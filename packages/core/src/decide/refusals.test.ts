/** What a refusal tells the one who asked: its code, what it is about, and what to do. */
import { describe, expect, it } from "vitest";
import type { Refusal } from "../errors.ts";
import { KIND, pipelineStep, World } from "../testing/world.ts";

const APPLY = "POST /resource-definitions/apply creates it";

/** A world with a pipeline, a driver that listens also to deletions, and a resource. */
function newWorld(): World {
  const world = new World();
  world.pipeline("p", [{ id: "build" }]);
  world.connect({ driver: "builder", events: ["create", "delete"] });
  world.create("app-1");
  return world;
}

function deleting(): World {
  const world = newWorld();
  world.remove("app-1");
  return world;
}

function definition(name: string, mode: "create" | "replace") {
  const content = { name, description: null, version: null, schema: true };
  return { kind: "createDefinition", id: "def-2", mode, content } as const;
}

function pipeline(world: World, name: string, resource = KIND) {
  const {
    id: _,
    revision: _r,
    createdAt: _c,
    updatedAt: _u,
    ...content
  } = world.pipeline("x", [{ id: "a" }]);
  const changed = { ...content, name, resource };
  return { kind: "putPipeline", id: "p-2", mode: "replace", content: changed } as const;
}

function createOf(world: World, content: object) {
  const command = world.createCommand("app-2");
  return { ...command, content: { ...command.content, ...content } };
}

interface Case {
  readonly refused: () => Refusal;
  readonly says: Partial<Refusal>;
}

function at(path: string, rule: string, message: string) {
  return { issues: [{ path, rule, message: expect.stringContaining(message) }] };
}

const about = (text: string): string => expect.stringContaining(text) as string;

const CASES: Readonly<Record<string, Case>> = {
  "a definition that is there": {
    refused: () => newWorld().refusal(definition(KIND, "create")),
    says: {
      ...{ code: "definition_exists", message: about(KIND) },
      hint: "POST /resource-definitions/apply creates or changes it",
    },
  },
  "the change of a definition that is not there": {
    refused: () => newWorld().refusal(definition("job", "replace")),
    says: { code: "definition_not_found", message: about("job"), hint: APPLY },
  },
  "the deletion of a definition that a resource uses": {
    refused: () => newWorld().refusal({ kind: "deleteDefinition", name: KIND }),
    says: {
      ...{ code: "definition_in_use", message: about("resource app-1") },
      hint: "delete its resources and pipelines first",
    },
  },
  "the change of a pipeline that is not there": {
    refused: () => {
      const world = newWorld();
      return world.refusal(pipeline(world, "q"));
    },
    says: {
      ...{ code: "pipeline_not_found", message: about("named q") },
      hint: "POST /pipelines/ creates it",
    },
  },
  "a pipeline of a kind that is not there": {
    refused: () => {
      const world = newWorld();
      return world.refusal(pipeline(world, "p", "job"));
    },
    says: {
      ...{ code: "definition_not_found", message: about("job"), hint: APPLY },
      ...at("/resource", "exists", "job"),
    },
  },
  "a pipeline with several mistakes": {
    refused: () => {
      const world = newWorld();
      const command = pipeline(world, "p");
      const steps = [pipelineStep({ id: "a" }), pipelineStep({ id: "a", timeout: "soon" })];
      return world.refusal({ ...command, content: { ...command.content, steps } });
    },
    says: {
      ...{ code: "invalid_pipeline", message: about("the id a; timeout soon is not") },
      issues: [
        { path: "/steps/1/id", rule: "unique", message: about("the id a") },
        { path: "/steps/1/timeout", rule: "duration", message: about("soon") },
      ],
    },
  },
  "a step that waits for itself": {
    refused: () => {
      const world = newWorld();
      const command = pipeline(world, "p");
      const steps = [pipelineStep({ id: "a", needs: ["a"] })];
      return world.refusal({ ...command, content: { ...command.content, steps } });
    },
    says: {
      ...{ code: "invalid_pipeline", message: "step a waits for itself" },
      ...at("/steps/0/needs", "acyclic", "step a waits for itself"),
    },
  },
  "steps that wait for each other": {
    refused: () => {
      const world = newWorld();
      const command = pipeline(world, "p");
      const steps = [["a"], ["b", "c"], ["c", "b"]].map(([id = "", ...needs]) =>
        pipelineStep({ id, needs }),
      );
      return world.refusal({ ...command, content: { ...command.content, steps } });
    },
    says: {
      ...{ code: "invalid_pipeline", message: "the steps b, c wait for each other" },
      ...at("/steps/1/needs", "acyclic", "the steps b, c wait"),
    },
  },
  "the deletion of a pipeline that an unfinished run uses": {
    refused: () => {
      const world = newWorld();
      const run = world.create("app-2", "p");
      world.update("app-2");
      const refusal = world.refusal({ kind: "deletePipeline", name: "p" });
      return { ...refusal, message: refusal.message.replace(run, "of app-2") };
    },
    says: {
      ...{ code: "pipeline_in_use", message: "run of app-2 still uses pipeline p" },
      hint: "delete what uses it or give it another pipeline, and let its runs end",
    },
  },
  "the deletion of a definition that a pipeline uses": {
    refused: () => {
      const world = newWorld();
      world.remove("app-1", true);
      return world.refusal({ kind: "deleteDefinition", name: KIND });
    },
    says: {
      ...{ code: "definition_in_use", message: about("pipeline p still uses definition app") },
      hint: "delete its resources and pipelines first",
    },
  },
  "the deletion of a pipeline that a resource uses": {
    refused: () => {
      const world = newWorld();
      world.create("app-2", "p");
      return world.refusal({ kind: "deletePipeline", name: "p" });
    },
    says: {
      ...{ code: "pipeline_in_use", message: about("resource app-2 still uses pipeline p") },
      hint: "delete what uses it or give it another pipeline, and let its runs end",
    },
  },
  "a resource that is there": {
    refused: () => {
      const world = newWorld();
      return world.refusal(world.createCommand("app-1"));
    },
    says: {
      ...{ code: "resource_exists", message: about("app app-1") },
      hint: "PUT /resources/app/app-1 changes it",
    },
  },
  "a resource that is being deleted": {
    refused: () => {
      const world = deleting();
      return world.refusal(world.createCommand("app-1"));
    },
    says: {
      ...{ code: "resource_exists", message: about("app app-1") },
      hint: "its name is free when its delete run has succeeded, or it was deleted with ?force=true",
    },
  },
  "the change of a resource that is being deleted": {
    refused: () => {
      const world = deleting();
      return world.refusal(world.updateCommand("app-1"));
    },
    says: {
      ...{ code: "resource_deleting", message: about("app app-1") },
      hint: about("DELETE /resources/app/app-1 again, or with ?force=true"),
    },
  },
  "a change that expects another version": {
    refused: () => {
      const world = newWorld();
      return world.refusal({ ...world.updateCommand("app-1"), ifVersion: 3 });
    },
    says: {
      ...{ code: "version_conflict", message: about("version 1, not 3") },
      hint: "GET it, apply the change again, and PUT",
    },
  },
  "a deletion that expects another version": {
    refused: () => {
      const world = newWorld();
      return world.refusal({ ...world.removeCommand("app-1"), ifVersion: 3 });
    },
    says: {
      ...{ code: "version_conflict", message: about("version 1, not 3") },
      hint: "GET it, and DELETE what is there now",
    },
  },
  "a resource of a kind that is not there": {
    refused: () => {
      const world = newWorld();
      return world.refusal(createOf(world, { kind: "job" }));
    },
    says: {
      ...{ code: "definition_not_found", message: about("job"), hint: APPLY },
      ...at("/resource", "exists", "job"),
    },
  },
  "a resource of a pipeline that is not there": {
    refused: () => {
      const world = newWorld();
      return world.refusal(createOf(world, { pipeline: "q" }));
    },
    says: {
      ...{ code: "pipeline_not_found", message: about("named q") },
      hint: "POST /pipelines/ creates it",
      ...at("/pipeline", "exists", "named q"),
    },
  },
  "a spec that does not match": {
    refused: () => {
      const world = newWorld();
      return world.refusal(createOf(world, { spec: "bad" }));
    },
    says: {
      ...{ code: "invalid_spec", message: about("definition app: /spec is bad") },
      ...at("/spec", "type", "is bad"),
    },
  },
  "the end of a driver that there is not": {
    refused: () => newWorld().refusal({ kind: "forgetDriver", name: "tester" }),
    says: { code: "driver_not_found", message: about("tester") },
  },
  "the end of a driver that is connected": {
    refused: () => newWorld().refusal({ kind: "forgetDriver", name: "builder" }),
    says: {
      ...{ code: "driver_connected", message: about("instance one of driver builder") },
      hint: "stop its instances first",
    },
  },
  "the cancelling of a run that there is not": {
    refused: () => newWorld().refusal({ kind: "cancelRun", run: "none", reason: "user" }),
    says: { code: "run_not_found", message: about("none") },
  },
};

describe("a refusal says why and what to do", () => {
  for (const [name, { refused, says }] of Object.entries(CASES)) {
    it(`of ${name}`, () => {
      expect(refused()).toEqual(says);
    });
  }
});
