/** Ports that stay a server's own while it is down. */
import { createServer } from "node:net";

/**
 * Below the range from which systems take the ports of outgoing connections: a port from that range
 * could be taken by one of them while the server that is to come back to it is down.
 */
const FIRST = 12_000;
const COUNT = 18_000;
const TRIES = 50;

export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port in ${TRIES} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
