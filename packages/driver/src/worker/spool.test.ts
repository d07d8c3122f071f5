import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_OVERHEAD_BYTES } from "../shared/counters.ts";
import { Spool } from "./spool.ts";

const text = (index: number): string => `${index}`.padEnd((index * 7) % 23, "x");
const line = (index: number): Buffer => Buffer.from(text(index));

/** A spool and a server that counts lines as the real one does. */
class Exchange {
  readonly spool = new Spool();
  readonly stored: string[] = [];
  #flying: { first: number; lines: readonly Buffer[] }[] = [];
  #acks: number[] = [];
  appended = 0;
  freed = 0;

  append(count: number): void {
    for (let i = 0; i < count; i += 1) this.spool.append(line(this.appended++));
  }

  send(maxBytes: number): void {
    const batch = this.spool.takeBatch({ maxBytes, maxLines: 5 });
    if (batch !== undefined) this.#flying.push(batch);
  }

  /** The server takes the oldest frame. */
  arrive(): void {
    const batch = this.#flying.shift();
    if (batch === undefined) return;
    expect(batch.first).toBeLessThanOrEqual(this.stored.length);
    this.stored.push(...batch.lines.slice(this.stored.length - batch.first).map(String));
    this.#acks.push(this.stored.length);
  }

  acknowledge(): void {
    const received = this.#acks.shift();
    if (received !== undefined) this.freed += this.spool.acknowledge(received);
  }

  reconnect(): void {
    this.#flying = [];
    this.#acks = [];
    this.freed += this.spool.acknowledge(this.stored.length);
    this.spool.rewind();
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), n: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant("send" as const), n: fc.integer({ min: 1, max: 100 }) }),
  fc.constantFrom({ kind: "arrive" as const }, { kind: "ack" as const }, { kind: "cut" as const }),
);

describe("a spool", () => {
  it("delivers every line once and in order through any acknowledgments, cuts and splits", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const exchange = new Exchange();
        for (const it of steps) {
          if (it.kind === "append") exchange.append(it.n);
          else if (it.kind === "send") exchange.send(it.n);
          else if (it.kind === "arrive") exchange.arrive();
          else if (it.kind === "ack") exchange.acknowledge();
          else exchange.reconnect();
          expect(exchange.spool.total).toBe(exchange.appended);
        }
        exchange.reconnect();
        while (exchange.spool.hasUnsent) {
          exchange.send(50);
          exchange.arrive();
        }
        exchange.reconnect();
        const expected = Array.from({ length: exchange.appended }, (_, i) => text(i));
        expect(exchange.stored).toEqual(expected);
        const size = expected.reduce((sum, it) => sum + it.length + LINE_OVERHEAD_BYTES, 0);
        expect(exchange.freed).toBe(size);
      }),
    );
  });

  it("keeps batches within their bounds, and sends a longer line alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 50 }), (sizes) => {
        const spool = new Spool();
        for (const size of sizes) spool.append(Buffer.alloc(size));
        while (spool.hasUnsent) {
          const batch = spool.takeBatch({ maxBytes: 20, maxLines: 4 });
          const bytes = batch?.lines.reduce((sum, { length }) => sum + length + 1, 0) ?? 0;
          expect(batch?.lines.length).toBeLessThanOrEqual(4);
          if ((batch?.lines.length ?? 0) > 1) expect(bytes).toBeLessThanOrEqual(20);
        }
      }),
    );
  });

  it("gives back all bytes when it is cleared", () => {
    const spool = new Spool();
    for (let i = 0; i < 3_000; i += 1) spool.append(Buffer.alloc(10));
    const freed = spool.acknowledge(1_500);
    expect(freed + spool.clear()).toBe(3_000 * (10 + LINE_OVERHEAD_BYTES));
    expect(spool.takeBatch({ maxBytes: 100, maxLines: 100 })).toBeUndefined();
  });
});
