/** Says to the server what a talk has, on a connection of its own. */
import WebSocket from "ws";
import { eventually } from "../eventually.ts";
import { KIND } from "../script.ts";
import { DRIVER, type SaidFrame, type Talk } from "./talks.ts";
import type { Json } from "./values.ts";

const LATEST_MS = 20_000;

/** Says what is to be said, and answers what was said back until the server had read all of it. */
export async function converse(
  url: string,
  talk: Talk,
  instance: string,
): Promise<readonly Json[]> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/drivers/connect`);
  const heard: Json[] = [];
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => undefined);
  const welcomed = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString());
      heard.push(frame);
      if (frame.type === "welcome") resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.once("error", reject);
  });
  const late = setTimeout(() => socket.terminate(), LATEST_MS);
  if (talk.greets) {
    const hello = { type: "hello", protocol: [1], driver: DRIVER, resources: [KIND] };
    socket.send(JSON.stringify({ ...hello, instance, boot: instance, concurrency: 3 }));
    await Promise.race([welcomed, closed]);
    if (talk.works) {
      const what = "something to do is assigned";
      await eventually(() => heard.some(({ type }) => type === "assign"), {
        withinMs: 5_000,
        what,
      });
    }
  }
  for (const frame of talk.frames) say(socket, frame, heard);
  await Promise.race([answered(socket), closed]);
  if (talk.works) {
    // Decided after all that was said: its answer comes when theirs are on their way.
    const body = JSON.stringify({ name: KIND, schema: { type: "object" } });
    const headers = { "content-type": "application/json" };
    await fetch(`${url}/resource-definitions/apply`, { method: "POST", headers, body });
    await Promise.race([answered(socket), closed]);
  }
  if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"goodbye"}');
  socket.close();
  await closed;
  clearTimeout(late);
  return heard;
}

let pings = 0;

/** Until the server has read all that was said before. */
async function answered(socket: WebSocket): Promise<void> {
  pings += 1;
  const mark = `asked ${pings}`;
  const pong = new Promise<void>((resolve) => {
    socket.on("pong", (data) => {
      if (data.toString() === mark) resolve();
    });
  });
  if (socket.readyState === WebSocket.OPEN) socket.ping(mark);
  await pong;
}

function say(socket: WebSocket, frame: SaidFrame, heard: readonly Json[]): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (typeof frame === "string") {
    socket.send(withLease(frame, heard));
    return;
  }
  const { as, bytes } = frame;
  if (as === "ping") socket.ping(bytes);
  else if (as === "pong") socket.pong(bytes);
  else if (as !== "parts") socket.send(bytes, { binary: as === "binary" });
  else {
    const third = Math.ceil(bytes.length / 3);
    socket.send(bytes.subarray(0, third), { binary: false, fin: false });
    socket.send(bytes.subarray(third, 2 * third), { binary: false, fin: false });
    if (frame.isEnded) socket.send(bytes.subarray(2 * third), { binary: false, fin: true });
  }
}

/** Half of the leases that are named become one that is held; half of the results fit its lines. */
function withLease(text: string, heard: readonly Json[]): string {
  const held = heard.find(({ type }) => type === "assign")?.lease as number | undefined;
  if (held === undefined || text.length > 1_000_000) return text;
  return text.replace(/"lease":[2468]\b/, `"lease":${held}`);
}
