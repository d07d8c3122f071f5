/**
 * Readers of logs and of the feed: they follow, are slow, lose their connection, and go on after the
 * last thing they had.
 *
 * E1 A reader remembers what it got, over all its connections, in the order in which it came.
 */
import type { Change } from "@conveyor-ci/core";
import { ConveyorError } from "@conveyor-ci/core";
import type { SimServer } from "./sim-server.ts";
import type { World } from "./world.ts";

const RETRY_MS = 1_000;

export interface ReaderParts {
  readonly world: World;
  readonly server: () => SimServer;
}

/** What both kinds of readers do: one connection after the other. */
abstract class Reader {
  protected readonly parts: ReaderParts;
  #connection = 0;
  #controller = new AbortController();
  isDone = false;

  constructor(parts: ReaderParts) {
    this.parts = parts;
  }

  /** Gives up the connection it has, if any, and makes another. */
  reconnect(): void {
    this.#connection += 1;
    this.#controller.abort("the reader connects again");
    this.#controller = new AbortController();
    if (!this.isDone) this.#begin(this.#connection, this.#controller.signal);
  }

  /** Reads until the end, or until the connection is another's turn. */
  protected abstract read(
    server: SimServer,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<void>;

  /** Now and then a reader takes its time. */
  protected async dawdle(): Promise<void> {
    const { random, scheduler, isStormy } = this.parts.world;
    if (!isStormy || !random.chance(0.3)) return;
    await new Promise<void>((resolve) => void scheduler.after(random.integer(1, 4_000), resolve));
  }

  #begin(connection: number, signal: AbortSignal): void {
    const { world, server } = this.parts;
    const isCurrent = (): boolean => connection === this.#connection;
    const again = (): void => {
      world.scheduler.after(RETRY_MS, () => {
        if (isCurrent()) this.reconnect();
      });
    };
    const now = server();
    if (!now.isOpen) {
      again();
      return;
    }
    this.read(now, signal, isCurrent).then(
      () => {
        if (!this.isDone) again();
      },
      (error: unknown) => {
        if (!(error instanceof ConveyorError)) world.broken.push(`a reader met ${String(error)}`);
        again();
      },
    );
  }
}

export class LogReader extends Reader {
  readonly run: string;
  readonly driver: string | null;
  readonly lines: { readonly seq: number; readonly message: string }[] = [];
  hasEnded = false;
  #after = 0;

  constructor(parts: ReaderParts, of: { readonly run: string; readonly driver: string | null }) {
    super(parts);
    this.run = of.run;
    this.driver = of.driver;
  }

  protected override async read(
    server: SimServer,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<void> {
    const { run, driver } = this;
    const events = await server.engine.followLogs({ run, driver, after: this.#after }, signal);
    for await (const event of events) {
      if (!isCurrent()) return;
      if (event.kind === "end") {
        this.hasEnded = true;
        this.isDone = true;
        return;
      }
      if (!this.parts.world.defect.losesChunk()) this.#take(event);
      await this.dawdle();
      if (!isCurrent()) return;
    }
  }

  #take(event: {
    readonly chunk: { first: number; lines: readonly { message: string }[] };
    readonly after: number;
  }) {
    const { chunk, after } = event;
    for (const [index, { message }] of chunk.lines.entries()) {
      const seq = chunk.first + index;
      if (seq <= after) continue;
      this.lines.push({ seq, message });
      this.#after = seq;
    }
  }
}

export class FeedReader extends Reader {
  readonly changes: Change[] = [];

  get position(): number {
    return this.changes.at(-1)?.position ?? 0;
  }

  protected override async read(
    server: SimServer,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<void> {
    for await (const page of server.engine.followChanges(this.position, signal)) {
      if (!isCurrent()) return;
      this.changes.push(...page);
      await this.dawdle();
      if (!isCurrent()) return;
    }
  }
}
