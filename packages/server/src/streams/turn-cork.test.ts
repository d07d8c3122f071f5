import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { TurnCork } from "./turn-cork.ts";

/** A stream, and the texts that left it together. */
function openStream(): { readonly stream: Writable; readonly left: string[] } {
  const left: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      left.push(String(chunk));
      done();
    },
    writev(chunks, done) {
      left.push(chunks.map(({ chunk }) => String(chunk)).join(""));
      done();
    },
  });
  return { stream, left };
}

describe("a cork for one turn of the event loop", () => {
  it("lets what is written in one turn leave together, at its end", async () => {
    const { stream, left } = openStream();
    const cork = new TurnCork(stream);
    cork.hold();
    stream.write("a");
    await Promise.resolve();
    cork.hold();
    stream.write("b");
    expect(left).toEqual([]);
    await turn();
    expect(left).toEqual(["ab"]);
  });

  it("hastened, lets it leave with what those write who wait already, and before what follows", async () => {
    const { stream, left } = openStream();
    const cork = new TurnCork(stream);
    const seen: string[][] = [];
    const write = (text: string): void => {
      cork.hold();
      stream.write(text);
      cork.hasten();
    };
    queueMicrotask(() => write("a"));
    queueMicrotask(() => {
      write("b");
      queueMicrotask(() => queueMicrotask(() => seen.push([...left])));
    });
    await turn();
    expect(seen).toEqual([["ab"]]);
    expect(left).toEqual(["ab"]);
  });

  it("holds again after it was hastened, in the same turn", async () => {
    const { stream, left } = openStream();
    const cork = new TurnCork(stream);
    cork.hold();
    stream.write("a");
    cork.hasten();
    await Promise.resolve();
    await Promise.resolve();
    cork.hold();
    stream.write("b");
    cork.hold();
    stream.write("c");
    expect(left).toEqual(["a"]);
    await turn();
    expect(left).toEqual(["a", "bc"]);
  });
});
