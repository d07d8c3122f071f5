import { storageConformance } from "@conveyor-ci/conformance";
import { MemoryStorage } from "./memory-storage.ts";

storageConformance("MemoryStorage", async ({ now }) => {
  const storage = new MemoryStorage({ now });
  return { storage, logs: storage.logs, dispose: () => storage.close() };
});
