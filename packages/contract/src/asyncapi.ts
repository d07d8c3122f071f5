/** AsyncAPI 3.0 of the driver protocol, written from the table of frames. */
import { CONNECT_PATH, INSTANCE_FRAMES, SERVER_FRAMES } from "./frames.ts";

type Json = Record<string, unknown>;

/** Describes the driver protocol; `version` is that of the server. */
export function createAsyncApi(version: string): Json {
  const frames = { ...INSTANCE_FRAMES, ...SERVER_FRAMES };
  const messages = Object.entries(frames).map(([name, schema]) => [
    name,
    { name, contentType: "application/json", payload: withoutId(schema) },
  ]);
  const references = Object.keys(frames).map((name) => [
    name,
    { $ref: `#/components/messages/${name}` },
  ]);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Conveyor driver protocol",
      version,
      description:
        "One WebSocket from a driver instance to the server; JSON text frames. The first frame is " +
        "hello; what an instance sends about a lease is acknowledged once it is durable.",
    },
    channels: {
      driver: { address: CONNECT_PATH, messages: Object.fromEntries(references) as Json },
    },
    operations: {
      receive: operation("receive", Object.keys(INSTANCE_FRAMES)),
      send: operation("send", Object.keys(SERVER_FRAMES)),
    },
    components: { messages: Object.fromEntries(messages) as Json },
  };
}

/** From the server's side: it receives what instances send. */
function operation(action: "receive" | "send", names: readonly string[]): Json {
  return {
    action,
    channel: { $ref: "#/channels/driver" },
    messages: names.map((name) => ({ $ref: `#/channels/driver/messages/${name}` })),
  };
}

function withoutId(schema: object): Json {
  const text = JSON.stringify(schema, (key, value: unknown) => (key === "$id" ? undefined : value));
  return JSON.parse(text) as Json;
}
