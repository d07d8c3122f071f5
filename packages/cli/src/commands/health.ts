/** `conveyor health` */
import type { Command } from "commander";
import { contextOf, defineCommand, type Wiring } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { printDocument } from "../output.ts";

export function healthCommand(wiring: Wiring): Command {
  return defineCommand("health", "say whether the server runs and takes requests").action(
    async (_options: unknown, command: Command) => {
      const context = contextOf(wiring, command);
      const { client, terminal } = context;
      const health = await client.health();
      const ready = await client.ready();
      const document = { server: client.server, healthy: health.ok, ready: ready.ok };
      await printDocument(context, document, () => {
        const state = ready.ok ? terminal.colors.green("ready") : terminal.colors.red("not ready");
        return `${client.server} is ${health.ok ? "up" : "unwell"} and ${state}\n`;
      });
      if (!health.ok || !ready.ok) wiring.exit(EXIT.refused);
    },
  );
}
