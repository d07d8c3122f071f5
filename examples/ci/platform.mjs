// @ts-check
/** What this platform knows: one kind of resource, and the pipeline that its changes run through. */

export const KIND = "repository";

/** A repository at a commit, with the command that tests it. */
export const definition = {
  name: KIND,
  schema: {
    type: "object",
    required: ["url", "commit", "test"],
    properties: {
      url: { type: "string", minLength: 1 },
      commit: { type: "string", pattern: "^[0-9a-f]{40}$" },
      test: { type: "array", items: { type: "string" }, minItems: 1 },
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

/** A program for each driver of the pipeline. */
export const driverPrograms = ["checkout", "test", "package"];
