/** What takes part in a chaos run, and who of them is in trouble. */
import type { Client } from "@conveyor-ci/client";
import type { Scope } from "../e2e/harness/scope.ts";
import type { ServerProcess } from "../e2e/harness/server-process.ts";
import type { ShiftedDate } from "../e2e/harness/shifted-date.ts";
import type { TcpProxy } from "../e2e/harness/tcp-proxy.ts";
import type { Drivers } from "./drivers.ts";
import type { Silence } from "./evidence.ts";
import type { Followers } from "./followers.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { TroubleKind, Victim } from "./troubles/trouble-kinds.ts";

export interface Stage {
  readonly scope: Scope;
  readonly random: Random;
  readonly troubles: readonly [TroubleKind, ...TroubleKind[]];
  /** Kinds that are still to come before one comes again. */
  readonly deck: TroubleKind[];
  /** The longest that a trouble lasts. */
  readonly longestMs: number;
  readonly server: ServerProcess;
  readonly client: Client;
  readonly drivers: Drivers;
  readonly load: Load;
  readonly followers: Followers;
  /** Null where no trouble of the network is wanted; so are the instances' own lines. */
  readonly readersLine: TcpProxy | null;
  /** Null where no trouble of the clock is wanted. */
  readonly clocks: Readonly<Record<"server" | "driver", ShiftedDate>> | null;
  /** Victims of troubles that last. */
  readonly inTrouble: Map<Victim, TroubleKind>;
  readonly underWay: Set<Promise<void>>;
  readonly silences: Silence[];
  readonly readsWhileFull: { tried: number; readonly failures: string[] };
}
