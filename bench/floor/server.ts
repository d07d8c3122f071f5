/**
 * The floor: the exchange on bare Fastify, ws and SQLite with group commit, without any feature.
 * `server.js DIRECTORY` listens on a free port of 127.0.0.1 and says so, as `conveyor up` does.
 */
import { mkdirSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import Fastify from "fastify";
import { WebSocketServer } from "ws";
import { type CreateBody, Exchange } from "./exchange.ts";
import { DRIVER_PATH, LOG_PATH } from "./frames.ts";
import { Store } from "./store.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: server DIRECTORY");
mkdirSync(directory, { recursive: true });
const store = new Store(directory);
const exchange = new Exchange(store);

const app = Fastify();
app.post<{ Body: CreateBody }>("/resources/", (request, reply) => {
  const { name } = request.body;
  exchange.create(request.body, (runid) => {
    reply.code(201).send({ message: "Resource created successfully", name, runid, version: "1" });
  });
});
app.get("/changes", (_request, reply) => {
  reply.hijack();
  exchange.feed.follow(reply.raw);
});
app.get("/metrics", () => `conveyor_runs_created_total ${store.countRuns()}\n`);

const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
app.server.on("upgrade", (request, socket: Socket, head) => {
  upgrades.handleUpgrade(request, socket, head, (ws) => {
    const path = request.url ?? "";
    if (path === DRIVER_PATH) exchange.connect(ws);
    else if (path.startsWith(LOG_PATH))
      exchange.follow(path.slice(LOG_PATH.length), { ws, socket });
    else ws.close();
  });
});

await app.listen({ host: "127.0.0.1", port: 0 });
const { port } = app.server.address() as AddressInfo;
console.log(`listening on http://127.0.0.1:${port}`);
process.once("SIGTERM", () => {
  store.close();
  process.exit(0);
});
