// @ts-check
/** What this platform knows: one kind of resource, and the pipeline that its changes run through. */

export const KIND = "repository";

/** A branch of a repository, at a commit. */
export const definition = {
  name: KIND,
  schema: {
    type: "object",
    required: ["url", "branch", "commit"],
    properties: {
      url: { type: "string", minLength: 1, description: "what git fetches from" },
      branch: { type: "string", minLength: 1 },
      commit: { type: "string", pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$" },
    },
    additionalProperties: false,
  },
};

/** Steps run in this order; when one fails, those behind it are skipped. */
export const pipeline = {
  name: "ci",
  resource: KIND,
  steps: [
    { id: "checkout", driver: "git-checkout", timeout: "2m" },
    { id: "test", driver: "command-tester", timeout: "10m" },
    { id: "package", driver: "archive-packager", timeout: "2m" },
  ],
};

/** The program of each driver of the pipeline, in `drivers/`. */
export const driverPrograms = ["checkout", "test", "package"];

/**
 * @typedef {{ url: string, branch: string, commit: string }} Spec
 * @typedef {{ directory: string, commit: string }} CheckoutData
 * @typedef {{ command: string[], exitCode: number | null, durationMs: number }} TestData
 * @typedef {{ file: string, sha256: string, sizeBytes: number, commit: string, test: TestData }} PackageData
 */
