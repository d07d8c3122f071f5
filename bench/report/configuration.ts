/** What was measured on: figures mean nothing without it. */
import { statfsSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { DatabaseSync } from "@photostructure/sqlite";
import { IN_FLIGHT } from "../exchange-stage.ts";
import { CONCURRENCY } from "../product/platform.ts";
import type { Settings } from "../row.ts";

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x01021994: "tmpfs (nothing is synced: durations are too good)",
  0x794c7630: "overlayfs",
};

export function configurationOf({
  data,
  pairs,
  quick,
}: Settings): Readonly<Record<string, string>> {
  const [cpu] = cpus();
  const { type } = statfsSync(data);
  return {
    cpu: `${cpus().length} x ${cpu?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${process.platform} ${release()}`,
    node: process.version,
    sqlite: `${sqliteVersion()}, WAL, synchronous=FULL on both sides`,
    "file system": FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`,
    load: `${IN_FLIGHT} clients or runs in flight, driver concurrency ${CONCURRENCY}, 1 reader`,
    pairs: `${pairs} alternating${quick ? ", quick: short samples, expect noise" : ""}`,
  };
}

function sqliteVersion(): string {
  const db = new DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get() as {
    readonly version: string;
  };
  db.close();
  return row.version;
}
