/** Plans what goes wrong in a storm, and when. All of it is over when the storm is. */
import type { SimInstance } from "./sim-instance.ts";
import type { Stage } from "./stage.ts";

const LONGEST_DOWN_MS = 22_000;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_PARTITION_MS = 40_000;

export function planFaults(stage: Stage): void {
  const { world } = stage;
  const { random, scheduler, shape, trace } = world;
  const { faults, stormMs } = shape;
  const downMs = (): number => random.pick([0, 200, 3_000, random.integer(0, LONGEST_DOWN_MS)]);
  const during = (count: number, action: () => void): void => {
    for (let turn = 0; turn < count; turn += 1) {
      scheduler.after(random.integer(0, stormMs), () => {
        if (world.isStormy) action();
      });
    }
  };
  const someone = (action: (instance: SimInstance) => void) => (): void => {
    const instance = stage.instances[random.integer(0, stage.instances.length - 1)];
    if (instance?.process.isRunning === true) action(instance);
  };
  during(faults.serverCrashes, () => {
    if (!stage.server.process.isDead) {
      stage.crashServer({ isTold: random.chance(0.8), downMs: downMs() });
    }
  });
  during(faults.serverStops, () => stage.stopServer(downMs()));
  during(faults.serverPauses, () => {
    const { process } = stage.server;
    trace(() => "the server is paused");
    process.pause();
    scheduler.after(random.integer(0, LONGEST_PAUSE_MS), () => process.resume());
  });
  during(
    faults.instanceCrashes,
    someone((instance) => instance.crash({ isTold: random.chance(0.7), isBack: true })),
  );
  during(
    faults.instanceLosses,
    someone((instance) => instance.crash({ isTold: random.chance(0.7), isBack: false })),
  );
  during(
    faults.instanceStops,
    someone((instance) => instance.stop()),
  );
  during(
    faults.instancePauses,
    someone((instance) => {
      trace(() => `${instance.shape.name} is paused`);
      instance.pause();
      scheduler.after(random.integer(0, LONGEST_PAUSE_MS), () => instance.resume());
    }),
  );
  during(
    faults.cuts,
    someone((instance) => {
      trace(() => `the connection of ${instance.shape.name} is cut`);
      instance.cut();
    }),
  );
  during(
    faults.partitions,
    someone((instance) => {
      trace(() => `${instance.shape.name} is partitioned`);
      instance.hold();
      scheduler.after(random.integer(0, LONGEST_PARTITION_MS), () => instance.heal());
    }),
  );
  during(faults.cuts, () => {
    const readers = [stage.feedReader, ...stage.logReaders];
    readers[random.integer(0, readers.length - 1)]?.reconnect();
  });
}

/** The storm is over: whoever waits for something from outside gets it. */
export function calm(stage: Stage): void {
  stage.world.isStormy = false;
  stage.startServer();
  for (const instance of stage.instances) {
    instance.resume();
    instance.heal();
  }
}
