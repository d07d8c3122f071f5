import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  durableConformance,
  type OpenedStorage,
  type OpenStorage,
  storageConformance,
} from "@conveyor-ci/conformance";
import { openSqliteStorage } from "./sqlite-storage.ts";

const openTemporary: OpenStorage = async ({ now }) => {
  const directory = await mkdtemp(join(tmpdir(), "conveyor-sqlite-"));
  const open = (): OpenedStorage => {
    const storage = openSqliteStorage({ directory, now });
    return {
      storage,
      logs: storage.logs,
      reopen: async () => {
        await storage.close();
        return open();
      },
      dispose: async () => {
        await storage.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  };
  return open();
};

storageConformance("SqliteStorage", openTemporary);
durableConformance("SqliteStorage", openTemporary);
