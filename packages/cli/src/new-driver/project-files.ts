/** The files of a new driver's project, by path. */

export interface Project {
  readonly name: string;
  /** The kind of resource that it carries out. */
  readonly kind: string;
  readonly sources: Readonly<Record<string, string>>;
}

export function projectFiles(project: Project): Readonly<Record<string, string>> {
  return {
    "package.json": manifest(project),
    // Copies packages that are named by a path, with what they depend on.
    ".npmrc": "install-links=true\n",
    ".gitignore": "node_modules/\ndist/\n.conveyor/\n",
    "tsconfig.json": TSCONFIG,
    "definition.yaml": definition(project),
    "resource.yaml": resource(project),
    "src/driver.ts": driver(project),
    "src/main.ts": MAIN,
    "src/driver.test.ts": test(project),
    "README.md": readme(project),
  };
}

function manifest({ name, sources }: Project): string {
  const document = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20" },
    scripts: {
      build: "tsc",
      dev: "conveyor dev src/main.ts",
      start: "node dist/main.js",
      test: "tsc && node --test dist/driver.test.js",
    },
    dependencies: sources,
    devDependencies: { "@types/node": "20.19.43", typescript: "6.0.3" },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const TSCONFIG = `{
  "compilerOptions": {
    "module": "nodenext",
    "target": "es2023",
    "lib": ["es2023"],
    "types": ["node"],
    "strict": true,
    "skipLibCheck": true,
    "rewriteRelativeImportExtensions": true,
    "rootDir": "src",
    "outDir": "dist"
  },
  "include": ["src"]
}
`;

function definition({ kind }: Project): string {
  return `# What a resource of this kind may say.
kind: ResourceDefinition
name: ${JSON.stringify(kind)}
schema:
  type: object
  required: [text]
  properties:
    text: { type: string, minLength: 1 }
`;
}

function resource({ kind }: Project): string {
  return `kind: Resource
resource: ${JSON.stringify(kind)}
name: first
spec:
  text: hello
`;
}

function driver({ name, kind }: Project): string {
  return `/** What this driver does for a resource of its kind. */
import { defineDriver } from "@conveyor-ci/driver";

/** As definition.yaml says. */
interface Spec {
  readonly text: string;
}

export const driver = defineDriver({
  name: ${JSON.stringify(name)},
  resources: [${JSON.stringify(kind)}],
  async reconcile({ resource, event, logger, signal }) {
    // Delivered at least once: what is done here must bear being done again.
    const { text } = resource.spec as unknown as Spec;
    logger.info(\`\${event} of \${resource.name}: \${text}\`);
    signal.throwIfAborted();
    return { success: true, message: "done", data: { text: text.toUpperCase() } };
  },
});
`;
}

const MAIN = `/** Runs the driver until the process is told to stop. */
import { DriverManager } from "@conveyor-ci/driver";
import { driver } from "./driver.ts";

await new DriverManager(driver).run();
`;

function test({ kind }: Project): string {
  return `import assert from "node:assert/strict";
import test from "node:test";
import type { ReconcileContext } from "@conveyor-ci/driver";
import { driver } from "./driver.ts";

test("the text of the spec comes back in capitals", async () => {
  const lines: unknown[] = [];
  const context = {
    resource: { resource: ${JSON.stringify(kind)}, name: "first", spec: { text: "hello" } },
    event: "create",
    logger: { info: (message: unknown) => lines.push(message) },
    signal: new AbortController().signal,
  } as unknown as ReconcileContext;
  assert.deepEqual(await driver.reconcile(context), {
    success: true,
    message: "done",
    data: { text: "HELLO" },
  });
  assert.deepEqual(lines, ["create of first: hello"]);
});
`;
}

function readme({ name, kind }: Project): string {
  return `# ${name}

A Conveyor driver for resources of the kind \`${kind}\`.

\`\`\`sh
npm install
npm test
npm run dev
\`\`\`

The last one runs a server and this driver, which is started anew when a source changes.

In another terminal:

\`\`\`sh
npx conveyor apply -f definition.yaml -f resource.yaml --follow
\`\`\`

| file | what |
|---|---|
| \`src/driver.ts\` | what is done for a resource |
| \`src/main.ts\` | connects to the server (\`CONVEYOR_SERVER\`, else http://127.0.0.1:8080) |
| \`definition.yaml\` | what a resource of the kind may say |
| \`resource.yaml\` | a first one |
`;
}
