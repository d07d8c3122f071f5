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

  it("holds again in the next turn", async () => {
    const { stream, left } = openStream();
    const cork = new TurnCork(stream);
    for (const texts of ["ab", "cd"]) {
      for (const text of texts) {
        cork.hold();
        stream.write(text);
      }
      await turn();
    }
    expect(left).toEqual(["ab", "cd"]);
  });
});
