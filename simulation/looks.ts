/** Requests that read history: what they find is what it was, however often it is read (P7). */
import { isRunEnded, type JsonValue, type Run } from "@conveyor-ci/core";
import type { Engine } from "@conveyor-ci/engine";
import type { Operation, Put, Sent, Setting } from "./operation.ts";

export function lookOperation({ random, puts, runs, finished }: Setting): Operation {
  const put = puts[random.integer(0, Math.max(0, puts.length - 1))];
  const run = runs[random.integer(0, Math.max(0, runs.length - 1))];
  if (put !== undefined && random.chance(0.5)) {
    const { kind, name } = put.at;
    const ask = (engine: Engine): Promise<Sent> => lookAtVersion(engine, put);
    return { name: `look at version ${put.version} of ${kind}/${name}`, ask };
  }
  if (run === undefined) return { name: "look at nothing", ask: async () => SAME };
  return { name: `look at run ${run}`, ask: (engine) => lookAtRun(engine, run, finished) };
}

const SAME: Sent = { kind: "look", wrong: null };

async function lookAtVersion(engine: Engine, put: Put): Promise<Sent> {
  const { at, n } = put;
  const { resource, version } = await engine.getVersion({ ...at, version: put.version });
  if (resource.id !== put.resource) return SAME;
  const { spec, metadata } = version;
  const found = JSON.stringify({ spec, metadata });
  if (found === JSON.stringify({ spec: { n }, metadata: { n: String(n) } })) return SAME;
  return { kind: "look", wrong: `version ${put.version} of ${at.kind}/${at.name} holds ${found}` };
}

async function lookAtRun(engine: Engine, id: string, finished: Map<string, string>): Promise<Sent> {
  const { run, data } = await engine.getRun(id);
  if (!isRunEnded(run.state)) return SAME;
  const text = textOfFinished(run, data);
  const before = finished.get(id) ?? text;
  finished.set(id, before);
  return before === text
    ? SAME
    : { kind: "look", wrong: `run ${id} was ${before}, and is ${text}` };
}

/** All of a run but its tickets, by which those behind it find who is ahead. */
export function textOfFinished(run: Run, data: Readonly<Record<string, JsonValue>>): string {
  const steps = run.steps.map((step) => ({ ...step, ticket: null }));
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([{ ...run, ticket: null, steps }, entries]);
}
