/** How long a server takes from the start of its process to its word that it listens. */
import { bodyOf, create, openConnections } from "../load/creates.ts";
import type { HttpConnection } from "../load/http-connection.ts";
import type { Row } from "../row.ts";
import { restartServer, type Server, setUp, startServer } from "../side.ts";

const RESOURCES = 100_000;
const CLIENTS = 64;

export const startRow: Row = {
  name: "start",
  figures: [
    {
      id: "start",
      title: "start of the process → ready, empty",
      unit: "ms",
      target: { kind: "atMost", of: "typical", bound: 500 },
    },
  ],
  open: (side, settings) =>
    Promise.resolve({
      async sample() {
        const server = await startServer(side, { ...settings, probe: false });
        await server.stop();
        return { start: { kind: "single", value: server.startMs } };
      },
      loopDelay: () => Promise.resolve(null),
      close: () => Promise.resolve(),
    }),
};

async function makeResources(server: Server): Promise<void> {
  let left = RESOURCES;
  const connections = openConnections(server.url, CLIENTS);
  const make = async (connection: HttpConnection): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      await create(connection, bodyOf("plain", { do: "nothing" }));
    }
    connection.close();
  };
  await Promise.race([Promise.all(connections.map(make)), server.child.failed]);
}

export const fullStartRow: Row = {
  name: "full-start",
  isLong: true,
  figures: [
    {
      id: "full-start",
      title: `start of the process → ready, ${RESOURCES} resources`,
      unit: "ms",
      target: { kind: "atMost", of: "typical", bound: 1_000 },
    },
  ],
  async open(side, settings) {
    const options = { ...settings, probe: false };
    let server = await startServer(side, options);
    await setUp(server);
    await makeResources(server);
    return {
      async sample() {
        await server.child.stop();
        server = await restartServer(side, { ...options, directory: server.directory });
        return { "full-start": { kind: "single", value: server.startMs } };
      },
      loopDelay: () => Promise.resolve(null),
      close: () => server.stop(),
    };
  },
};
