/** The moments at which the power may be cut: right before each sync takes effect, and at the end. */
import { type Acknowledged, hear, nothingAcknowledged } from "./acknowledged.ts";
import { Disk } from "./disk.ts";
import type { Operation } from "./trace.ts";

export interface PowerCut {
  /** Syncs that were done. */
  readonly syncs: number;
  /** As it is at this moment; it goes on with the next cut. */
  readonly disk: Disk;
  /** What anybody was told by now. */
  readonly told: Acknowledged;
}

export function* powerCuts(operations: readonly Operation[], root: string): Generator<PowerCut> {
  const disk = new Disk(root);
  const told = nothingAcknowledged();
  let syncs = 0;
  for (const operation of operations) {
    const isSync = operation.kind === "sync" && disk.knows(operation.fd);
    if (isSync) yield { syncs, disk, told };
    if (operation.kind === "write" && !disk.knows(operation.fd)) hear(told, operation.data);
    else disk.apply(operation);
    if (isSync) syncs += 1;
  }
  yield { syncs, disk, told };
}
