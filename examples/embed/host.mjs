// @ts-check
/** A host of its own: a control plane that knows its users, with a route beside the API. */
import { createControlPlane } from "@conveyor-ci/server";
import { openSqliteStorage } from "@conveyor-ci/storage-sqlite";

const users = new Map([
  ["Bearer ada-secret", "ada"],
  ["Bearer builder-secret", "builder"],
]);
const storage = openSqliteStorage({ directory: process.env["DATA"] ?? "./.conveyor" });

const controlPlane = createControlPlane({
  storage,
  port: Number(process.env["PORT"] ?? 8080),
  authenticate({ headers }) {
    const name = users.get(headers.authorization ?? "");
    return name === undefined ? null : { name };
  },
  routes(app) {
    app.get("/authors/:kind", async ({ params, principal }) => {
      const { kind } = /** @type {{ kind: string }} */ (params);
      const page = { kind, labels: {}, after: null, limit: 100 };
      const resources = await controlPlane.engine.listResources(page);
      const authors = resources.map(({ resource, version }) => [resource.name, version.actor]);
      return { asked: principal.name, authors: Object.fromEntries(authors) };
    });
  },
});

const { url } = await controlPlane.listen();
console.log(`listening on ${url}`);

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await controlPlane.stop();
    await storage.close();
  });
}
