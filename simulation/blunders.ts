/**
 * Requests that cannot be granted, whatever the state of things, or not any more: each is refused
 * with its code and changes nothing (P9).
 */
import {
  type ErrorCode,
  isRunEnded,
  type LogLine,
  type PipelineContent,
  type PipelineStep,
  type ResourceContent,
} from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { Random } from "../chaos/random.ts";
import type { Operation, Setting } from "./operation.ts";
import { KINDS, PIPELINES, RESOURCE_NAMES } from "./shape.ts";

/** Asks only for what cannot be: whatever names this actor is a trace of something refused. */
export const BLUNDERER = { name: "blunderer" };

interface Blunder {
  readonly name: string;
  /** The codes that say what is wrong; which one comes first may depend on the state. */
  readonly codes: readonly ErrorCode[];
  /** Answers false when it turned out that there is nothing wrong to ask for. */
  readonly ask: (engine: Engine) => Promise<unknown>;
}

const NOBODY = "nobody";
const LINE: LogLine = {
  timestamp: "2026-01-01T00:00:00.000Z",
  level: "info",
  message: "a line of nobody",
  labels: {},
};

export function blunderOperation({ random, runs }: Setting): Operation {
  const run = runs[random.integer(0, Math.max(0, runs.length - 1))];
  const kinds = [ofResource, ofPipeline, ofName] as const;
  const blunder =
    run !== undefined && random.chance(0.35)
      ? random.pick([cancelEnded, writeToEnded] as const)(run)
      : random.pick(kinds)(random);
  const { name, codes, ask } = blunder;
  return {
    name: `blunder: ${name}`,
    codes,
    ask: async (engine) => ({ kind: (await ask(engine)) === false ? "unchanged" : "granted" }),
  };
}

interface BadContent {
  readonly name: string;
  readonly content: Partial<ResourceContent>;
  readonly code: ErrorCode;
}

/** What can be wrong with the content of a resource, or with the version that is expected. */
function ofResource(random: Random): Blunder {
  const at = { kind: random.pick(KINDS), name: random.pick(RESOURCE_NAMES) };
  const sound: ResourceContent = { ...at, pipeline: null, metadata: {}, spec: { n: -1 } };
  const bad = random.pick<BadContent>([
    { name: "an unknown kind", content: { kind: "planet" }, code: "definition_not_found" },
    { name: "an unknown pipeline", content: { pipeline: NOBODY }, code: "pipeline_not_found" },
    {
      name: "a pipeline of another kind",
      content: { kind: "site", pipeline: "line" },
      code: "invalid_request",
    },
    { name: "a spec that does not match", content: { spec: "text" }, code: "invalid_spec" },
  ]);
  const content: ResourceContent = { ...sound, ...bad.content };
  const ifVersion = 1_000_000;
  return random.pick<Blunder>([
    {
      name: `create with ${bad.name}`,
      codes: [bad.code, "resource_exists"],
      ask: (engine) => engine.createResource(BLUNDERER, content),
    },
    {
      name: `update with ${bad.name}`,
      codes: [bad.code, "resource_not_found", "resource_deleting"],
      ask: (engine) => engine.updateResource(BLUNDERER, content, null),
    },
    {
      name: "update of a version that never was",
      codes: ["version_conflict", "resource_not_found"],
      ask: (engine) => engine.updateResource(BLUNDERER, sound, ifVersion),
    },
    {
      name: "delete of a version that never was",
      codes: ["version_conflict", "resource_not_found"],
      ask: (engine) => engine.deleteResource(BLUNDERER, { ...at, force: true, ifVersion }),
    },
  ]);
}

function step(id: string, more: Partial<PipelineStep> = {}): PipelineStep {
  return { id, name: null, driver: "builder", timeout: null, needs: null, ...more };
}

/** Graphs that do not fit together. */
const GRAPHS: readonly [readonly PipelineStep[], ...(readonly PipelineStep[])[]] = [
  [],
  [step("one"), step("one")],
  [step("one", { needs: ["two"] })],
  [step("one", { needs: ["two"] }), step("two", { needs: ["one"] })],
  [step("one", { timeout: "soon" })],
];

function ofPipeline(random: Random): Blunder {
  const sound: PipelineContent = {
    name: random.pick(PIPELINES),
    description: null,
    version: null,
    resource: "app",
    events: ["create"],
    steps: [step("one")],
    metadata: {},
  };
  const put = (name: string, code: ErrorCode, content: Partial<PipelineContent>): Blunder => ({
    name,
    codes: [code],
    ask: (engine) =>
      engine.putPipeline(
        BLUNDERER,
        { ...sound, ...content },
        code === "pipeline_not_found" ? "replace" : "apply",
      ),
  });
  return random.pick<Blunder>([
    put("a bad graph", "invalid_pipeline", { steps: random.pick(GRAPHS) }),
    put("a pipeline of an unknown kind", "definition_not_found", { resource: "planet" }),
    put("replace an unknown pipeline", "pipeline_not_found", { name: NOBODY }),
    {
      name: "delete a pipeline that is unknown",
      codes: ["pipeline_not_found"],
      ask: (engine) => engine.deletePipeline(BLUNDERER, NOBODY),
    },
  ]);
}

/** Names of nothing, and names that are taken. */
function ofName(random: Random): Blunder {
  const content = { name: "app", description: "other", version: null, schema: { type: "object" } };
  return random.pick<Blunder>([
    {
      name: "create a definition that exists",
      codes: ["definition_exists"],
      ask: (engine) => engine.createDefinition(BLUNDERER, content, "create"),
    },
    {
      name: "delete a definition in use",
      codes: ["definition_in_use"],
      ask: (engine) => engine.deleteDefinition(BLUNDERER, "app"),
    },
    {
      name: "cancel an unknown run",
      codes: ["run_not_found"],
      ask: (engine) => engine.cancelRun(BLUNDERER, NOBODY),
    },
    {
      name: "rerun an unknown run",
      codes: ["run_not_found"],
      ask: (engine) => engine.rerunRun(BLUNDERER, NOBODY),
    },
    {
      name: "forget an unknown driver",
      codes: ["driver_not_found"],
      ask: (engine) => engine.forgetDriver(BLUNDERER, NOBODY),
    },
  ]);
}

async function hasEnded(engine: Engine, run: string): Promise<boolean> {
  return isRunEnded((await engine.getRun(run)).run.state);
}

/** A run that was seen to have ended stays so. */
function cancelEnded(run: string): Blunder {
  return {
    name: `cancel ${run}, which has ended`,
    codes: ["run_finished"],
    ask: async (engine) => (await hasEnded(engine, run)) && engine.cancelRun(BLUNDERER, run),
  };
}

function writeToEnded(run: string): Blunder {
  return {
    name: `a line into ${run}, which has ended`,
    codes: ["run_finished"],
    ask: async (engine) =>
      (await hasEnded(engine, run)) &&
      engine.writeLines(BLUNDERER, { run, driver: "builder", lines: [LINE] }),
  };
}
