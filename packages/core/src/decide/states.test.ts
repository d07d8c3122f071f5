/**
 * Every state of a step run against every command that can touch it. A cell is the state that the
 * command leaves the step run in, or `!` and the code of its refusal.
 */
import { describe, expect, it } from "vitest";
import type { LeaseName } from "../commands.ts";
import { STEP_STATES } from "../nouns/run.ts";
import { type Asked, World } from "../testing/world.ts";

const OTHER_TOKEN = 9_999;
const SESSION = "builder/one";

interface Scene {
  readonly world: World;
  /** The lease that acts for the step run, or has ended it; token 0: none was ever granted. */
  readonly lease: LeaseName;
  /** A lease that was replaced. */
  readonly old: LeaseName;
}

function connect(world: World, options: { bootId?: string; leases?: readonly LeaseName[] } = {}) {
  return world.connect({ driver: "builder", ...options });
}

/** A step run whose first lease was lost, so that the second one replaced it. */
function runningScene(): Scene {
  const world = new World();
  world.pipeline("slow", [{ id: "build", driver: "builder", timeout: "10s" }]);
  connect(world);
  const run = world.create("app-1", "slow");
  world.claim();
  const old = world.lease(run, "build");
  world.disconnect(SESSION, true);
  connect(world);
  world.claim();
  return { world, lease: world.lease(run, "build"), old };
}

function endedBy(success: boolean): Scene {
  const scene = runningScene();
  scene.world.must(scene.world.resultCommand(scene.lease, success));
  return scene;
}

function cancellingScene(): Scene {
  const scene = runningScene();
  scene.world.cancel(scene.lease.run);
  return scene;
}

function cancelledScene(): Scene {
  const scene = cancellingScene();
  scene.world.must(scene.world.resultCommand(scene.lease));
  return scene;
}

function expiredScene(): Scene {
  const scene = runningScene();
  scene.world.disconnect(SESSION);
  scene.world.records.now += 9_000;
  connect(scene.world, { leases: [scene.lease] });
  scene.world.disconnect(SESSION, true);
  return scene;
}

function untouched(isWaiting: boolean): Scene {
  const world = new World();
  connect(world);
  world.disconnect(SESSION, true);
  const first = world.create("app-1");
  const run = isWaiting ? world.update("app-1") : first;
  const lease = { run, step: "builder", token: 0 };
  return { world, lease, old: { ...lease, token: 1 } };
}

function skippedScene(): Scene {
  const world = new World();
  world.pipeline("two", [{ id: "first" }, { id: "build", driver: "builder" }]);
  connect(world);
  world.connect({ driver: "first" });
  const run = world.create("app-1", "two");
  world.claim();
  world.finish(run, "first", false);
  const lease = { run, step: "build", token: 0 };
  return { world, lease, old: { ...lease, token: 1 } };
}

function timedOutScene(): Scene {
  const scene = runningScene();
  const { world } = scene;
  world.records.now += 10_000;
  world.must({ kind: "tick", limit: 10 });
  world.must(world.resultCommand(scene.lease));
  return scene;
}

const SCENES = {
  waiting: () => untouched(true),
  queued: () => untouched(false),
  expired: expiredScene,
  running: runningScene,
  cancelling: cancellingScene,
  succeeded: () => endedBy(true),
  failed: () => endedBy(false),
  cancelled: cancelledScene,
  skipped: skippedScene,
  timed_out: timedOutScene,
} satisfies Record<string, () => Scene>;

/** Says a hello, after the connection that there was has gone. */
function helloAfterAll({ world }: Scene, bootId: string, leases: readonly LeaseName[]) {
  world.disconnect(SESSION);
  return world.submit(world.helloCommand({ driver: "builder", bootId, leases }));
}

function disconnectOf({ world }: Scene, goodbye: boolean) {
  const epoch = world.records.get(world.keys.session(SESSION))?.epoch ?? 0;
  return world.submit({ kind: "disconnect", session: SESSION, epoch, goodbye });
}

type Do = (scene: Scene) => { readonly ok: boolean; readonly refusal?: { readonly code: string } };

const COMMANDS: Readonly<Record<string, Do>> = {
  "lines of the lease": ({ world, lease }) => world.submit(world.linesCommand(lease, 0, ["a"])),
  "lines of a replaced lease": ({ world, old }) => world.submit(world.linesCommand(old, 0, ["a"])),
  "result of the lease": ({ world, lease }) => world.submit(world.resultCommand(lease)),
  "result of a replaced lease": ({ world, old }) => world.submit(world.resultCommand(old)),
  "result of another token": ({ world, lease }) =>
    world.submit(world.resultCommand({ ...lease, token: OTHER_TOKEN })),
  "result before its lines": ({ world, lease }) =>
    world.submit({ ...world.resultCommand(lease), lines: 3 }),
  cancelRun: ({ world, lease }) =>
    world.submit({ kind: "cancelRun", run: lease.run, reason: "user" }),
  "tick after timeout and silence": ({ world }) => {
    world.records.now += 60_000;
    return world.submit({ kind: "tick", limit: 10 });
  },
  "tick before anything is due": ({ world }) => world.submit({ kind: "tick", limit: 10 }),
  disconnect: (scene) => disconnectOf(scene, false),
  "disconnect with goodbye": (scene) => disconnectOf(scene, true),
  "hello naming the lease": (scene) => helloAfterAll(scene, "boot-1", [scene.lease]),
  "hello naming nothing": (scene) => helloAfterAll(scene, "boot-1", []),
  "hello of a new boot naming the lease": (scene) => helloAfterAll(scene, "boot-2", [scene.lease]),
  "hello of a new boot": (scene) => helloAfterAll(scene, "boot-2", []),
  claim: (scene) => {
    scene.world.connect({ driver: "builder", instance: "two" });
    return scene.world.submit(scene.world.claimCommand());
  },
  forgetDriver: ({ world }) => {
    world.disconnect(SESSION);
    return world.submit({ kind: "forgetDriver", name: "builder" });
  },
  deleteResource: ({ world }) => world.submit(world.removeCommand("app-1")),
  rerunRun: ({ world, lease }) =>
    world.submit({ kind: "rerunRun", run: lease.run, runId: world.id("run") }),
};

const TABLE = `
                                     | waiting     | queued      | expired   | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
lines of the lease                   | !lease_lost | !lease_lost | queued    | running    | cancelling | !lease_lost   | !lease_lost   | !lease_lost   | !lease_lost   | !lease_lost
lines of a replaced lease            | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost   | !lease_lost   | !lease_lost   | !lease_lost
result of the lease                  | !lease_lost | !lease_lost | succeeded | succeeded  | cancelled  | succeeded     | failed        | cancelled     | !lease_lost   | timed_out
result of a replaced lease           | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost   | !lease_lost   | !lease_lost   | !lease_lost
result of another token              | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost | !lease_lost   | !lease_lost   | !lease_lost   | !lease_lost
result before its lines              | !lease_lost | !lease_lost | !lines_missing | !lines_missing | !lines_missing | succeeded | failed    | cancelled     | !lease_lost   | timed_out
cancelRun                            | cancelled   | cancelled   | cancelled | cancelling | cancelling | !run_finished | !run_finished | !run_finished | !run_finished | !run_finished
tick after timeout and silence       | waiting     | queued      | queued    | timed_out  | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
tick before anything is due          | waiting     | queued      | queued    | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
disconnect                           | waiting     | queued      | queued    | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
disconnect with goodbye              | waiting     | queued      | queued    | queued     | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
hello naming the lease               | waiting     | queued      | running   | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
hello naming nothing                 | waiting     | queued      | queued    | running    | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
hello of a new boot naming the lease | waiting     | queued      | running   | running    | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
hello of a new boot                  | waiting     | queued      | queued    | queued     | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
claim                                | waiting     | running     | running   | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
forgetDriver                         | skipped     | skipped     | skipped   | skipped    | cancelled  | succeeded     | failed        | cancelled     | skipped       | timed_out
deleteResource                       | cancelled   | cancelled   | cancelled | cancelling | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
rerunRun                             | waiting     | queued      | queued    | running    | cancelling | succeeded     | failed        | cancelled     | skipped       | timed_out
`;

function cellsOf(row: string): readonly string[] {
  return row.split("|").map((cell) => cell.trim());
}

const [head = "", ...rows] = TABLE.trim().split("\n");
const columns = cellsOf(`|${head.replace(/^\|/, "")}`).slice(1);

describe("every state against every command", () => {
  it("has a cell for each", () => {
    const kinds = Object.keys(SCENES).filter((name) => name !== "expired");
    expect([...kinds].sort()).toEqual([...STEP_STATES].sort());
    expect(columns).toEqual(Object.keys(SCENES));
    expect(rows.map((row) => cellsOf(row)[0])).toEqual(Object.keys(COMMANDS));
  });

  for (const row of rows) {
    const [command = "", ...cells] = cellsOf(row);
    it(`${command}: leaves each state as the table says`, () => {
      const seen = Object.values(SCENES).map((scene) => after(command, scene()));
      expect(seen).toEqual(cells);
    });
  }

  it("never changes a run that has ended, whatever the command", () => {
    for (const name of ["succeeded", "failed", "cancelled", "skipped", "timed_out"] as const) {
      for (const act of Object.values(COMMANDS)) {
        const scene = SCENES[name]();
        const before = scene.world.run(scene.lease.run);
        act(scene);
        expect({ ...scene.world.run(scene.lease.run), ticket: null }).toEqual({
          ...before,
          ticket: null,
        });
      }
    }
  });
});

function after(command: string, scene: Scene): string {
  const outcome = COMMANDS[command]!(scene);
  const { world, lease } = scene;
  return outcome.ok ? world.step(lease.run, lease.step).state : `!${outcome.refusal?.code}`;
}

describe("a refused command", () => {
  const asked: Readonly<Record<string, (world: World) => Asked>> = {
    "the creation of what exists": (world) => world.createCommand("app-1"),
    "a change of what does not exist": (world) => world.updateCommand("app-2"),
    "a result without a lease": (world) =>
      world.resultCommand({ run: world.records.all("run")[0]!.id, step: "builder", token: 77 }),
    "a rerun of no run": () => ({ kind: "rerunRun", run: "none", runId: "r" }),
    "a spec that does not match": (world) => {
      const command = world.updateCommand("app-1");
      return { ...command, content: { ...command.content, spec: "bad" } };
    },
    "a second live process of an instance": (world) =>
      world.helloCommand({ driver: "builder", bootId: "boot-2" }),
  };
  for (const [name, command] of Object.entries(asked)) {
    it(`leaves no write, no change and no effect: ${name} (B1)`, () => {
      const world = new World();
      connect(world);
      world.create("app-1");
      const before = world.records.snapshot();
      const outcomes = world.batch(command(world));
      expect(outcomes.map(({ ok }) => ok)).toEqual([false]);
      expect(world.last).toMatchObject({ writes: [], changes: [], effects: [] });
      expect(world.records.snapshot()).toEqual(before);
    });
  }

  it("does not keep its neighbours in the batch from being accepted (B1)", () => {
    const world = new World();
    const twice = [world.createCommand("app-1"), world.createCommand("app-1")];
    const outcomes = world.batch(...twice, world.createCommand("app-2"));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(world.records.all("run")).toHaveLength(2);
  });
});
