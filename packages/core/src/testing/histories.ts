/**
 * Random histories: what users, instances and time may do, in any order. An act names what it is
 * about by a number, taken modulo what there is, so that every act can be tried in every world.
 */
import type { LeaseName } from "../commands.ts";
import type { EventName } from "../nouns/event.ts";
import { isRunEnded } from "../nouns/run.ts";
import { type Asked, World } from "./world.ts";

const DRIVERS = ["a", "b", "c"];
const NAMES = ["app-1", "app-2"];
const EVENTS: readonly (readonly EventName[])[] = [
  ["create", "update"],
  ["update"],
  ["update", "create", "delete"],
];
const PIPELINES = [null, null, "line", "graph"];

export type Act =
  | { readonly do: "put"; readonly name: number; readonly pipeline: number }
  | { readonly do: "delete"; readonly name: number; readonly force: boolean }
  | { readonly do: "cancel" | "rerun"; readonly run: number }
  | {
      readonly do: "hello";
      readonly driver: number;
      readonly events: number;
      readonly boot: number;
      readonly isNaming: boolean;
    }
  | { readonly do: "disconnect"; readonly session: number; readonly goodbye: boolean }
  | { readonly do: "claim" }
  | { readonly do: "result"; readonly lease: number; readonly success: boolean }
  | { readonly do: "lines"; readonly lease: number; readonly first: number }
  | { readonly do: "forget"; readonly driver: number }
  | { readonly do: "tick"; readonly ms: number };

function at<T>(all: readonly T[], number: number): T | undefined {
  return all[number % Math.max(1, all.length)];
}

/** Leases that may act or might think so: the last of every step run that has not ended. */
function leasesOf(world: World): readonly LeaseName[] {
  return world.records.all("run").flatMap((run) =>
    run.steps.flatMap((step) => {
      const token = step.attempts.at(-1)?.token;
      return token === undefined || isRunEnded(run.state)
        ? []
        : [{ run: run.id, step: step.id, token }];
    }),
  );
}

/** A world with two pipelines, in which nothing has happened yet. */
export function newWorld(options: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World({ checked: false, ...options });
  const events: readonly EventName[] = ["create", "update", "delete"];
  world.pipeline("line", [{ id: "a" }, { id: "b", timeout: "10s" }]);
  const graph = [
    { id: "x", driver: "a" },
    { id: "y", driver: "a", needs: [] },
  ];
  world.pipeline("graph", [...graph, { id: "z", driver: "c", needs: ["x", "y"] }], events);
  return world;
}

/** The command that an act is in this world, if it is any. */
export function commandOf(world: World, act: Act): Asked | undefined {
  switch (act.do) {
    case "put": {
      const name = at(NAMES, act.name) ?? "";
      const pipeline = at(PIPELINES, act.pipeline) ?? null;
      const phase = world.resource(name)?.phase ?? "deleted";
      const isNew = phase === "deleted";
      return isNew ? world.createCommand(name, pipeline) : world.updateCommand(name, pipeline);
    }
    case "delete": {
      const name = at(NAMES, act.name) ?? "";
      const { force } = act;
      return world.removeCommand(name, force);
    }
    case "cancel":
    case "rerun": {
      const run = at(world.records.all("run"), act.run)?.id ?? "none";
      if (act.do === "cancel") return { kind: "cancelRun", run, reason: "user" };
      return { kind: "rerunRun", run, runId: world.id("run") };
    }
    case "hello":
      return helloOf(world, act);
    case "disconnect": {
      const session = at(world.records.all("session"), act.session);
      if (session === undefined) return undefined;
      const { id, epoch } = session;
      return { kind: "disconnect", session: id, epoch, goodbye: act.goodbye };
    }
    case "claim":
      return world.claimCommand();
    case "result": {
      const lease = at(leasesOf(world), act.lease);
      return lease === undefined ? undefined : world.resultCommand(lease, act.success);
    }
    case "lines": {
      const lease = at(leasesOf(world), act.lease);
      return lease === undefined ? undefined : world.linesCommand(lease, act.first, ["one", "two"]);
    }
    case "forget":
      return { kind: "forgetDriver", name: at(DRIVERS, act.driver) ?? "" };
    case "tick":
      return { kind: "tick", limit: 50 };
  }
}

function helloOf(world: World, act: Extract<Act, { do: "hello" }>) {
  const driver = at(DRIVERS, act.driver) ?? "";
  const leases = act.isNaming
    ? leasesOf(world).filter(({ run, step }) => world.step(run, step).driver === driver)
    : [];
  const events = at(EVENTS, act.events) ?? [];
  return world.helloCommand({ driver, bootId: `boot-${act.boot}`, events, leases });
}

/** Does an act, if there is anything to do it to. */
export function perform(world: World, act: Act): void {
  if (act.do === "tick") world.records.now += act.ms;
  const command = commandOf(world, act);
  if (command !== undefined) world.batch(command);
}

/** All drivers connect and answer everything, until nothing more happens. */
export function finishAll(world: World): void {
  world.tick(60_000);
  for (const driver of DRIVERS) {
    const events: readonly EventName[] = ["create", "update", "delete"];
    for (const kind of [driver]) {
      world.connect({ driver: kind, bootId: "boot-last", concurrency: 1_000, events });
    }
  }
  for (let turn = 0; turn < 1_000; turn += 1) {
    const sessions = world.records.all("session").map(({ id, epoch }) => ({ id, epoch }));
    world.must({ kind: "renew", sessions });
    const granted = world.claim();
    const live = world.records.all("session").flatMap(({ leases }) => leases);
    if (granted === 0 && live.length === 0) return;
    for (const lease of live) world.must(world.resultCommand(lease));
  }
}
