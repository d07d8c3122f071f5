/**
 * Writes the generated sections of docs/reference anew: `node scripts/run-ts.mjs
 * scripts/write-reference.ts`. The packages must be built.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedPages } from "./docs/generated-pages.ts";
import { ROOT } from "./run-step.mjs";

for (const { path, text } of generatedPages()) writeFileSync(join(ROOT, path), text);
