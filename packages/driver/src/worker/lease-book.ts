/**
 * Everything the instance owes the server about its leases, and what the server says of them. It
 * knows neither sockets nor threads nor time: those come as `Outbox`.
 *
 * B1 A result is sent behind all lines of its lease, on the same connection, without waiting for
 *    their acknowledgment: the server takes frames in order.
 * B2 A lease is forgotten when its result is recorded or the lease is lost, and not before.
 * B3 What is not acknowledged is sent again on each new connection, from the line that the server
 *    names; the server counts it once.
 * B4 At most `WINDOW` batches of a lease are unacknowledged; meanwhile lines gather into larger ones.
 *    So the more the server has to do, the fewer and larger are the frames it gets.
 */
import type { AssignFrame, RefusedFrame, ServerFrame, WelcomeFrame } from "@conveyor-ci/contract";
import { LINE_OVERHEAD_BYTES } from "../shared/counters.ts";
import type { FromWorker } from "../shared/thread-messages.ts";
import { type Batch, Spool } from "./spool.ts";

/** Enough to keep a server busy that answers after a sync, few enough that batches grow. */
const WINDOW = 4;
/**
 * A server that has a whole window of batches in one turn of its event loop stops for all of them, a
 * sync and now and then a checkpoint: 40 ms with batches of 256 KiB, half with 64 KiB, at the same rate.
 */
const BATCH_BYTES = 48 * 1024;
const BATCH_LINES = 1_000;
/** Head and tail of a log frame. */
const FRAME_ROOM_BYTES = 256;
/** How long a lease waits when the server refuses what it sent again. */
const REFUSED_DELAY_MS = 1_000;
/** Refusals without a line accepted in between, after which nothing will help. */
const MAX_REFUSALS = 10;

/** Where frames and messages go. */
export interface Outbox {
  /** Only called between `connected` and `disconnected`. */
  send(frame: string | Buffer): void;
  post(message: FromWorker): void;
  /** Bytes of the spool are free again. */
  release(sizeBytes: number): void;
  /** Runs `action` once, later. */
  later(delayMs: number, action: () => void): void;
}

/** What a lease is known by in `hello`. */
export interface LeaseName {
  readonly lease: number;
  readonly runid: string;
  readonly step: string;
}

type PendingResult =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly text: string }
  | { readonly kind: "sent"; readonly text: string };

interface Held extends LeaseName {
  readonly spool: Spool;
  result: PendingResult;
  flushes: { readonly id: number; readonly lines: number }[];
  /** Whether it was refused a moment ago, and whether it was refused again since. */
  refused: "no" | "once" | "again";
  /** Rounds of refusals since the server last accepted something. */
  refusals: number;
}

export class LeaseBook {
  readonly #outbox: Outbox;
  readonly #held = new Map<number, Held>();
  readonly #changed = new Set<Held>();
  #isConnected = false;
  #frameBytes = BATCH_BYTES;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Every lease that is not settled, for `hello`. */
  names(): LeaseName[] {
    return [...this.#held.values()].map(({ lease, runid, step }) => ({ lease, runid, step }));
  }

  /** Leases whose handlers still run, for `progress`. */
  working(): number[] {
    const leases: number[] = [];
    for (const held of this.#held.values())
      if (held.result.kind === "none") leases.push(held.lease);
    return leases;
  }

  /** Results that are not recorded. */
  get undelivered(): number {
    return this.#held.size - this.working().length;
  }

  get size(): number {
    return this.#held.size;
  }

  connected(frame: WelcomeFrame): void {
    this.#isConnected = true;
    this.#frameBytes = Math.min(BATCH_BYTES, frame.limits.frameBytes - FRAME_ROOM_BYTES);
    for (const { lease, state, received, reason } of frame.leases) {
      const held = this.#held.get(lease);
      if (held === undefined) continue;
      if (state === "recorded") this.#forget(held);
      else if (state === "lost") this.#lose(held, "the server gave it to somebody else");
      else {
        if (state === "cancelling") {
          this.#outbox.post({ kind: "cancel", lease, reason: reason ?? "user" });
        }
        this.#resend(held, received);
      }
    }
    this.pump();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  /** A frame about a lease; what concerns the connection is not for the book. */
  receive(frame: ServerFrame, text: string): void {
    if (frame.type === "assign") {
      this.#assign(frame, text);
      return;
    }
    if (!("lease" in frame)) return;
    const held = this.#held.get(frame.lease);
    if (held === undefined) return;
    if (frame.type === "logged") this.#acknowledge(held, frame.received);
    else if (frame.type === "recorded") this.#forget(held);
    else if (frame.type === "lost") this.#lose(held, frame.message);
    else if (frame.type === "refused") this.#refuse(held, frame);
    else this.#outbox.post({ kind: "cancel", lease: frame.lease, reason: frame.reason });
  }

  /** Takes a line from the main thread; lines of a lease that is gone are dropped with it. */
  append(lease: number, line: Buffer): void {
    const held = this.#held.get(lease);
    if (held === undefined) {
      this.#outbox.release(line.length + LINE_OVERHEAD_BYTES);
      return;
    }
    held.spool.append(line);
    this.#changed.add(held);
  }

  setResult(lease: number, text: string): void {
    const held = this.#held.get(lease);
    if (held === undefined) return;
    held.result = { kind: "waiting", text };
    this.#changed.add(held);
  }

  flush(request: { readonly lease: number; readonly lines: number; readonly id: number }): void {
    const { id, lines } = request;
    const held = this.#held.get(request.lease);
    if (held === undefined) this.#outbox.post({ kind: "flushed", id, durable: false });
    else if (held.spool.durable >= lines) this.#outbox.post({ kind: "flushed", id, durable: true });
    else held.flushes.push({ id, lines });
  }

  /** Sends what the window allows of the leases that have something new. */
  pump(): void {
    if (!this.#isConnected) return;
    for (const held of this.#changed) this.#send(held);
    this.#changed.clear();
  }

  #assign(frame: AssignFrame, text: string): void {
    const { lease, runid, step } = frame;
    const known = this.#held.get(lease);
    if (known !== undefined) {
      // The server does not know that it is being worked on; a result says more than silence.
      if (known.result.kind !== "none") this.#resend(known, undefined);
      this.pump();
      return;
    }
    const spool = new Spool();
    const held: Held = {
      lease,
      runid,
      step,
      spool,
      result: { kind: "none" },
      flushes: [],
      refused: "no",
      refusals: 0,
    };
    this.#held.set(lease, held);
    this.#outbox.post({ kind: "assign", text });
  }

  #acknowledge(held: Held, received: number): void {
    held.refusals = 0;
    this.#outbox.release(held.spool.acknowledge(received));
    this.#settleFlushes(held);
    this.#changed.add(held);
    this.pump();
  }

  #settleFlushes(held: Held): void {
    if (held.flushes.length === 0) return;
    const { durable } = held.spool;
    for (const { id, lines } of held.flushes) {
      if (lines <= durable) this.#outbox.post({ kind: "flushed", id, durable: true });
    }
    held.flushes = held.flushes.filter(({ lines }) => lines > durable);
  }

  /** B3 */
  #resend(held: Held, received: number | undefined): void {
    if (received !== undefined && received < held.spool.durable) {
      this.#lose(held, `the server no longer has line ${received}, which it had acknowledged`);
      return;
    }
    if (received !== undefined) this.#outbox.release(held.spool.acknowledge(received));
    held.spool.rewind();
    if (held.result.kind === "sent") held.result = { kind: "waiting", text: held.result.text };
    this.#settleFlushes(held);
    this.#changed.add(held);
  }

  /**
   * Sends again. Each batch behind a missing line is refused as well, so the first refusal counts,
   * and those of the next second are one more.
   */
  #refuse(held: Held, { received, code, message }: RefusedFrame): void {
    if (held.refused !== "no") {
      held.refused = "again";
      return;
    }
    held.refusals += 1;
    if (code === "run_finished" || held.refusals > MAX_REFUSALS) {
      this.#lose(held, `the server refuses what comes of it: ${message}`);
      return;
    }
    held.refused = code === "lines_missing" ? "once" : "again";
    this.#outbox.later(REFUSED_DELAY_MS, () => {
      const isRefused = held.refused === "again";
      held.refused = "no";
      if (!isRefused || this.#held.get(held.lease) !== held) return;
      this.#resend(held, undefined);
      this.pump();
    });
    if (held.refused === "again") return;
    this.#resend(held, received);
    this.pump();
  }

  #forget(held: Held): void {
    this.#drop(held, true);
  }

  #lose(held: Held, message: string): void {
    this.#drop(held, false);
    this.#outbox.post({ kind: "lost", lease: held.lease, message });
  }

  /** B2 */
  #drop(held: Held, durable: boolean): void {
    this.#held.delete(held.lease);
    this.#changed.delete(held);
    this.#outbox.release(held.spool.clear());
    for (const { id } of held.flushes) this.#outbox.post({ kind: "flushed", id, durable });
  }

  #send(held: Held): void {
    const { spool, lease } = held;
    while (spool.hasUnsent) {
      if (spool.inFlight >= WINDOW) return; // B4
      const batch = spool.takeBatch({ maxBytes: this.#frameBytes, maxLines: BATCH_LINES });
      if (batch !== undefined) this.#outbox.send(logFrame(lease, batch));
    }
    if (held.result.kind !== "waiting") return;
    const { text } = held.result;
    held.result = { kind: "sent", text };
    this.#outbox.send(text); // B1
  }
}

const COMMA = 0x2c;
const TAIL = "]}";

/** The lines are JSON already; the frame is put together around them. */
function logFrame(lease: number, { first, lines }: Batch): Buffer {
  const head = `{"type":"log","lease":${lease},"first":${first},"lines":[`;
  let sizeBytes = head.length + TAIL.length + lines.length - 1;
  for (const line of lines) sizeBytes += line.length;
  const frame = Buffer.allocUnsafe(sizeBytes);
  let offset = frame.write(head, 0, "latin1");
  for (const [index, line] of lines.entries()) {
    if (index > 0) offset = frame.writeUInt8(COMMA, offset);
    offset += line.copy(frame, offset);
  }
  frame.write(TAIL, offset, "latin1");
  return frame;
}
