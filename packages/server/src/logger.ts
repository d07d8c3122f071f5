/** The server's own log: one JSON line each on stderr. */
import { pino } from "pino";
import type { LogThreshold, ServerLogger } from "./control-plane-options.ts";

export function createLogger(level: LogThreshold): ServerLogger {
  const destination = pino.destination({ dest: 2, sync: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
