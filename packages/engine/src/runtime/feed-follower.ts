/**
 * Follows the feed of changes from a position on.
 *
 * F1 Changes come in the order of commits, each once, first from the storage, then as they are
 *    committed.
 * F2 A reader that is slow overruns its buffer, which is then thrown away; it goes on from the
 *    storage. It holds at most `MAX_BUFFERED` commits.
 */
import type { Change } from "@conveyor-ci/core";
import type { Clock, Notice, Notifier, Reads } from "../ports/index.ts";

const PAGE = 500;
/** Commits that a reader may be behind before it goes back to the storage. */
const MAX_BUFFERED = 64;
/** How long a lost notice can delay a reader. */
const POLL_MS = 2_000;

export interface FeedOptions {
  readonly ns: string;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly storage: Pick<Reads, "changes">;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

export async function* followFeed(
  options: FeedOptions,
): AsyncGenerator<readonly Change[], void, void> {
  const { signal, notifier, clock } = options;
  const inbox = new Inbox();
  const unsubscribe = notifier.subscribe("feed", (notice) => inbox.take(notice));
  const wake = (): void => inbox.wake();
  signal.addEventListener("abort", wake);
  let { after } = options;
  try {
    while (!signal.aborted) {
      const page = inbox.isBehind ? await stored(options, { after, inbox }) : inbox.next(after);
      if (page.length > 0) {
        yield page;
        after = page.at(-1)?.position ?? after;
      } else if (!inbox.hasNews && !signal.aborted) {
        await inbox.wait(clock);
      }
    }
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", wake);
  }
}

/** A page from the storage; a short one has caught up with what is told from then on. */
async function stored(
  { ns, storage }: FeedOptions,
  { after, inbox }: { readonly after: number; readonly inbox: Inbox },
): Promise<readonly Change[]> {
  inbox.reset();
  const page = await storage.changes({ ns, after, limit: PAGE });
  if (page.length === PAGE) inbox.overrun();
  return page;
}

/** What was committed since the last look. */
class Inbox {
  #commits: (readonly Change[])[] = [];
  #wake: () => void = () => {};
  /** The storage has changes that are not here, or may have. */
  isBehind = true;

  get hasNews(): boolean {
    return this.isBehind || this.#commits.length > 0;
  }

  take(notice: Notice): void {
    if (notice.kind !== "feed" || this.isBehind) return;
    this.#commits.push(notice.changes);
    if (this.#commits.length > MAX_BUFFERED) this.overrun();
    this.wake();
  }

  overrun(): void {
    this.isBehind = true;
    this.#commits = [];
  }

  reset(): void {
    this.isBehind = false;
    this.#commits = [];
  }

  /**
   * What is here after a position, up to the first gap: a notice was lost, or comes late, and the
   * reader goes back to the storage.
   */
  next(after: number): readonly Change[] {
    const news = this.#commits.flat().filter(({ position }) => position > after);
    this.#commits = [];
    const gap = news.findIndex(({ position }, index) => position !== after + 1 + index);
    if (gap < 0) return news;
    this.overrun();
    return news.slice(0, gap);
  }

  wake(): void {
    this.#wake();
  }

  /** Until something is told; a lost notice is made up for after `POLL_MS`. */
  async wait(clock: Clock): Promise<void> {
    let callOff = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      callOff = clock.after(POLL_MS, () => {
        this.overrun();
        resolve();
      });
    });
    callOff();
  }
}
