/** What clients ask for. */
import type { LogLine, PipelineContent, ResourceContent, Run } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { Random } from "../chaos/random.ts";
import { blunderOperation } from "./blunders.ts";
import { lookOperation } from "./looks.ts";
import type { Operation, Sent, Setting } from "./operation.ts";
import { DRIVERS, KINDS, LATE_DRIVER, PIPELINES, RESOURCE_NAMES } from "./shape.ts";

export const CLIENT = { name: "client" };

/** The next operation of a client; `n` is its number, given once. */
export function nextOperation(setting: Setting, n: number): Operation {
  const { random, runs } = setting;
  const run = runs[random.integer(0, Math.max(0, runs.length - 1))];
  if (random.chance(0.14)) return blunderOperation(setting);
  if (random.chance(0.06)) return lookOperation(setting);
  const choice = random.next();
  if (choice < 0.5 || (run === undefined && choice < 0.8)) return putOperation(random, n);
  if (choice < 0.62) return deleteOperation(random);
  if (run !== undefined && choice < 0.74) return cancelOperation(run);
  if (run !== undefined && choice < 0.82) return rerunOperation(run);
  if (run !== undefined && choice < 0.88) return lineOperation(random, run, n);
  if (choice < 0.94) return pipelineOperation(setting);
  if (choice < 0.98) return forgetOperation(random);
  const message = `message ${n}`;
  const ask = async (engine: Engine): Promise<Sent> => {
    await engine.broadcast(CLIENT, message);
    return { kind: "message", message };
  };
  return { name: "broadcast", ask };
}

function putOperation(random: Random, n: number): Operation {
  const kind = random.pick(KINDS);
  const name = random.pick(RESOURCE_NAMES);
  const pipeline = kind === "app" && random.chance(0.4) ? random.pick(PIPELINES) : null;
  const at = { kind, name };
  const metadata = { n: String(n) };
  const content: ResourceContent = { ...at, pipeline, metadata, spec: { n } };
  const isCreate = random.chance(0.45);
  const isConditional = !isCreate && random.chance(0.3);
  /** An old version, where there is one, may be expected too: that is to be refused. */
  const behind = random.integer(0, 1);
  const ask = async (engine: Engine): Promise<Sent> => {
    if (isCreate) {
      const { resource, run } = await engine.createResource(CLIENT, content);
      return { kind: "put", n, at, resource: resource.id, version: 1, run: run?.id ?? null };
    }
    const current = isConditional ? (await engine.getResource(at)).resource.version : null;
    const ifVersion = current === null ? null : Math.max(1, current - behind);
    const { resource, run, changed } = await engine.updateResource(CLIENT, content, ifVersion);
    if (!changed) return { kind: "unchanged" };
    const { id, version } = resource;
    // Whoever expects a version gets the next one.
    if (ifVersion !== null && version !== ifVersion + 1) return { kind: "granted" };
    return { kind: "put", n, at, resource: id, version, run: run?.id ?? null };
  };
  return { name: `${isCreate ? "create" : "update"} ${kind}/${name} n ${n}`, ask };
}

function deleteOperation(random: Random): Operation {
  const at = { kind: random.pick(KINDS), name: random.pick(RESOURCE_NAMES) };
  const force = random.chance(0.3);
  const ask = async (engine: Engine): Promise<Sent> => {
    const { run } = await engine.deleteResource(CLIENT, { ...at, force, ifVersion: null });
    return { kind: "delete", run: run?.id ?? null };
  };
  return { name: `delete ${at.kind}/${at.name}`, ask };
}

function cancelOperation(run: string): Operation {
  const ask = async (engine: Engine): Promise<Sent> => {
    await engine.cancelRun(CLIENT, run);
    return { kind: "cancel", run };
  };
  return { name: `cancel ${run}`, ask };
}

function rerunOperation(parent: string): Operation {
  const ask = async (engine: Engine): Promise<Sent> => {
    const made: Run = await engine.rerunRun(CLIENT, parent);
    return { kind: "rerun", run: made.id, parent };
  };
  return { name: `rerun ${parent}`, ask };
}

function lineOperation(random: Random, run: string, n: number): Operation {
  const driver = random.pick(DRIVERS);
  const message = `line ${n} of a client`;
  const timestamp = "2026-01-01T00:00:00.000Z";
  const line: LogLine = { timestamp, level: "info", message, labels: {} };
  const ask = async (engine: Engine): Promise<Sent> => {
    const seq = await engine.writeLines(CLIENT, { run, driver, lines: [line] });
    return { kind: "line", run, seq, message };
  };
  return { name: `line of ${driver} into ${run}`, ask };
}

function pipelineOperation(setting: Setting): Operation {
  const content = pipelineContent(setting.random.pick(PIPELINES), setting);
  const ask = async (engine: Engine): Promise<Sent> => {
    const { pipeline } = await engine.putPipeline(CLIENT, content, "apply");
    return { kind: "pipeline", id: pipeline.id, revision: pipeline.revision };
  };
  return { name: `apply pipeline ${content.name}`, ask };
}

function forgetOperation(random: Random): Operation {
  const driver = random.pick(DRIVERS);
  const ask = async (engine: Engine): Promise<Sent> => {
    await engine.forgetDriver(CLIENT, driver);
    return { kind: "forget", driver };
  };
  return { name: `forget ${driver}`, ask };
}

/** A pipeline with drivers and timeouts of the seed's choice. */
export function pipelineContent(
  name: (typeof PIPELINES)[number],
  { random, present }: Setting,
): PipelineContent {
  const absent = [LATE_DRIVER, ...DRIVERS] as const;
  const driver = (): string => {
    const other = present[random.integer(0, present.length - 1)];
    return other === undefined || random.chance(0.05) ? random.pick(absent) : other;
  };
  const timeout = (): string | null => (random.chance(0.2) ? random.pick(["3s", "30s"]) : null);
  const step = (id: string, needs: readonly string[] | null) => {
    return { id, name: null, driver: driver(), timeout: timeout(), needs };
  };
  const steps =
    name === "line"
      ? [step("first", null), step("second", null)]
      : [step("left", []), step("right", []), step("both", ["left", "right"])];
  const events = random.chance(0.5)
    ? (["create", "update"] as const)
    : (["create", "update", "delete"] as const);
  return { name, description: null, version: null, resource: "app", events, steps, metadata: {} };
}
