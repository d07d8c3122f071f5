/**
 * Clients that create, change and delete resources, run them again and cancel their runs.
 *
 * C1 There are `NAMES` names and no more: a name is used again when its resource is gone. So the number
 *    of live resources is bounded while the history grows.
 * C2 One act at a time concerns one name.
 */
import { sharedClockMs } from "../../e2e/harness/journal.ts";
import { KINDS, type Kind, PIPELINE, type Work } from "../soak-platform.ts";
import type { RunEntry } from "./run-entry.ts";
import { ask, type Stage } from "./stage.ts";

interface Target {
  readonly kind: Kind;
  readonly name: string;
  state: "free" | "live" | "deleting";
  isBusy: boolean;
  n: number;
  /** Those that have not ended, and some that have. */
  runs: RunEntry[];
}

interface RecentRun {
  readonly entry: RunEntry;
  readonly target: Target;
  readonly work: Work;
}

const NAMES = 400;
const PIPED_ONE_IN = 3;
const DELETE_SHARE = 0.3;
/** Runs that are remembered, to be cancelled, run again or written to. */
const RECENT = 200;

const WORKS: readonly { readonly share: number; readonly work: Work }[] = [
  { share: 0.76, work: { kind: "quick", lines: 3, success: true } },
  { share: 0.05, work: { kind: "quick", lines: 2, success: false } },
  { share: 0.08, work: { kind: "paced", lines: 30, success: true } },
  { share: 0.03, work: { kind: "burst", lines: 300, success: true } },
  { share: 0.08, work: { kind: "hold", lines: 3, success: true } },
];

export class Changes {
  readonly #stage: Stage;
  readonly #targets: readonly Target[];
  readonly #recent: RecentRun[] = [];
  readonly #sentAt = new Map<string, number>();

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#targets = Array.from({ length: NAMES }, (_, index): Target => {
      const kind = KINDS[index % PIPED_ONE_IN === 0 ? 1 : 0];
      return { kind, name: `app-${index}`, state: "free", isBusy: false, n: 0, runs: [] };
    });
  }

  /** Names in use. */
  get live(): number {
    return this.#targets.filter(({ state }) => state !== "free").length;
  }

  /** The newest run that has not ended. */
  pick(): RunEntry | undefined {
    return this.#recent.findLast(({ entry }) => entry.end === null)?.entry;
  }

  /** When the create of a run was sent, if that was lately. */
  sentAt(run: string): number | undefined {
    return this.#sentAt.get(run);
  }

  /** Creates, updates or deletes one resource. */
  async change(): Promise<void> {
    const { random, tally } = this.#stage;
    const target = this.#targets[random.integer(0, NAMES - 1)];
    if (target === undefined || target.isBusy || target.state === "deleting") return;
    tally.count("changes");
    await alone(target, async () => {
      if (target.state === "free") await this.#write(target, true);
      else if (random.chance(DELETE_SHARE)) await this.#remove(target);
      else await this.#write(target, false);
    });
  }

  /** Cancels a run that would go on for a while. */
  async cancel(): Promise<void> {
    const { entry } =
      this.#recent.findLast(({ entry, work }) => work.kind === "hold" && entry.end === null) ?? {};
    if (entry === undefined || entry.isCancelled) return;
    const path = `/runs/${entry.run}/cancel`;
    const mayBe = ["run_finished"];
    const answer = await ask(this.#stage, { what: "cancel", method: "POST", path, mayBe });
    if (answer !== null) entry.isCancelled = true;
  }

  async rerun(): Promise<void> {
    const ended = this.#recent.filter(
      ({ entry, target }) => entry.end !== null && !target.isBusy && target.state === "live",
    );
    const one = ended[this.#stage.random.integer(0, Math.max(0, ended.length - 1))];
    if (one === undefined) return;
    await alone(one.target, async () => {
      const path = `/runs/${one.entry.run}/rerun`;
      const mayBe = ["resource_gone"];
      const answer = await ask(this.#stage, { what: "rerun", method: "POST", path, mayBe });
      if (answer !== null) this.#begin(String(answer.headers["run-id"]), one);
    });
  }

  async #write(target: Target, isCreate: boolean): Promise<void> {
    const work = pickWork(this.#stage.random.next());
    target.n += 1;
    const { kind: resource, name, n } = target;
    const pipeline = resource === "piped" ? PIPELINE : null;
    const sentAt = sharedClockMs();
    const answer = await ask(this.#stage, {
      what: isCreate ? "create" : "update",
      method: isCreate ? "POST" : "PUT",
      path: isCreate ? "/resources" : `/resources/${resource}/${name}`,
      body: { name, resource, pipeline, spec: { n, work } },
    });
    if (answer === null) return;
    target.state = "live";
    const run = String(answer.headers["run-id"]);
    if (isCreate) {
      this.#stage.latencies.add("create", answer.wholeMs);
      this.#remember(run, sentAt);
    }
    this.#begin(run, { target, work });
  }

  async #remove(target: Target): Promise<void> {
    const { ledger, tally } = this.#stage;
    for (const entry of target.runs) entry.isSuperseded = true;
    const path = `/resources/${target.kind}/${target.name}`;
    const answer = await ask(this.#stage, { what: "delete", method: "DELETE", path });
    if (answer === null) return;
    target.state = "deleting";
    const run = String(answer.headers["run-id"]);
    tally.count("runs begun");
    ledger.begin(run, "succeeded");
    ledger.onEnd(run, (state) => {
      if (state === "succeeded") target.state = "free";
    });
  }

  #begin(run: string, { target, work }: Pick<RecentRun, "target" | "work">): void {
    const { ledger, tally } = this.#stage;
    tally.count("runs begun");
    const entry = ledger.begin(run, work.success ? "succeeded" : "failed");
    target.runs = target.runs.filter(({ end }) => end === null);
    target.runs.push(entry);
    this.#recent.push({ entry, target, work });
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  #remember(run: string, sentAt: number): void {
    this.#sentAt.set(run, sentAt);
    const [oldest] = this.#sentAt.keys();
    if (this.#sentAt.size > RECENT && oldest !== undefined) this.#sentAt.delete(oldest);
  }
}

/** C2 */
async function alone(target: Target, act: () => Promise<void>): Promise<void> {
  target.isBusy = true;
  try {
    await act();
  } finally {
    target.isBusy = false;
  }
}

/** By a number in [0, 1). */
function pickWork(at: number): Work {
  let rest = at;
  for (const { share, work } of WORKS) {
    rest -= share;
    if (rest < 0) return work;
  }
  return { kind: "quick", lines: 1, success: true };
}
