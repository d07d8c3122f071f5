/**
 * Figures for Prometheus: those of HTTP under the names and labels that Conveyor CI gives them, the
 * engine's beside them. Requests are counted in plain numbers, because they are on the hot path.
 */
import type { EngineFigures } from "@conveyor-ci/engine";
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Registry } from "prom-client";

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Requests of one method to one route. */
class RouteFigures {
  readonly byStatus = new Map<number, number>();
  readonly buckets: number[] = BUCKETS.map(() => 0);
  seconds = 0;
  count = 0;

  add(status: number, seconds: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    this.seconds += seconds;
    this.count += 1;
    for (let index = BUCKETS.length - 1; index >= 0; index -= 1) {
      if (seconds > (BUCKETS[index] ?? 0)) break;
      this.buckets[index] = (this.buckets[index] ?? 0) + 1;
    }
  }
}

const COUNTERS = {
  runsCreated: ["conveyor_runs_created_total", "Runs made"],
  runsEnded: ["conveyor_runs_ended_total", "Runs that ended"],
  leasesGranted: ["conveyor_leases_granted_total", "Deliveries of step runs"],
  leasesLost: ["conveyor_leases_lost_total", "Leases that were taken from their instance"],
  linesStored: ["conveyor_log_lines_stored_total", "Log lines stored"],
  lineBytesStored: ["conveyor_log_bytes_stored_total", "Bytes of log lines stored"],
} as const satisfies Record<keyof EngineFigures["counters"], readonly [string, string]>;

export class Metrics {
  readonly #byRoute = new Map<string, Map<string, RouteFigures>>();
  readonly #registry = new Registry();
  #inFlight = 0;
  #isCollecting = false;
  /** Open connections of drivers. */
  drivers = 0;
  /** Open WebSockets of log readers. */
  readers = 0;

  /** The media type of the text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts every request of the application. */
  observe(app: FastifyInstance): void {
    app.addHook("onRequest", (_request, _reply, done) => {
      this.#inFlight += 1;
      done();
    });
    app.addHook("onResponse", (request, reply, done) => {
      this.#inFlight -= 1;
      const route = request.routeOptions.url ?? "unknown";
      this.#figuresOf(route, request.method).add(reply.statusCode, reply.elapsedTime / 1_000);
      done();
    });
  }

  #figuresOf(route: string, method: string): RouteFigures {
    let byMethod = this.#byRoute.get(route);
    if (byMethod === undefined) {
      byMethod = new Map();
      this.#byRoute.set(route, byMethod);
    }
    let figures = byMethod.get(method);
    if (figures === undefined) {
      figures = new RouteFigures();
      byMethod.set(method, figures);
    }
    return figures;
  }

  /** All figures in the text format of Prometheus. */
  async text(engine: EngineFigures): Promise<string> {
    if (!this.#isCollecting) {
      // Begun at the first question: who never asks does not pay for it.
      this.#isCollecting = true;
      collectDefaultMetrics({ register: this.#registry });
    }
    const own = [...this.#requestLines(), ...this.#connectionLines(), ...engineLines(engine)];
    return `${own.join("\n")}\n${await this.#registry.metrics()}`;
  }

  #requestLines(): string[] {
    const totals = headOf("http_requests_total", "counter", "Total number of HTTP requests");
    const name = "http_request_duration_seconds";
    const durations = headOf(name, "histogram", "HTTP request duration in seconds");
    for (const [route, byMethod] of this.#byRoute) {
      for (const [method, figures] of byMethod) {
        const labels = `method="${method}",endpoint="${escapeLabel(route)}"`;
        for (const [status, count] of figures.byStatus) {
          totals.push(`http_requests_total{${labels},status_code="${status}"} ${count}`);
        }
        for (const [index, bound] of BUCKETS.entries()) {
          durations.push(`${name}_bucket{${labels},le="${bound}"} ${figures.buckets[index] ?? 0}`);
        }
        durations.push(`${name}_bucket{${labels},le="+Inf"} ${figures.count}`);
        durations.push(`${name}_sum{${labels}} ${figures.seconds}`);
        durations.push(`${name}_count{${labels}} ${figures.count}`);
      }
    }
    return [...totals, ...durations];
  }

  #connectionLines(): string[] {
    return [
      ...headOf("http_requests_in_flight", "gauge", "HTTP requests being processed"),
      `http_requests_in_flight ${this.#inFlight}`,
      ...headOf("active_connections", "gauge", "Open WebSocket connections"),
      `active_connections ${this.drivers + this.readers}`,
      ...headOf("conveyor_driver_connections", "gauge", "Connected driver instances"),
      `conveyor_driver_connections ${this.drivers}`,
      ...headOf("conveyor_log_readers", "gauge", "Log readers by WebSocket"),
      `conveyor_log_readers ${this.readers}`,
    ];
  }
}

function engineLines({ unfinishedRuns, queues, counters, commits }: EngineFigures): string[] {
  const lines = headOf("conveyor_runs_unfinished", "gauge", "Runs that have not ended, by state");
  for (const [state, count] of Object.entries(unfinishedRuns)) {
    lines.push(`conveyor_runs_unfinished{state="${state}"} ${count}`);
  }
  lines.push(...headOf("conveyor_queue_depth", "gauge", "Step runs that wait for an instance"));
  for (const { driver, kind, event, depth } of queues) {
    const labels = `driver="${driver}",kind="${kind}",event="${event}"`;
    lines.push(`conveyor_queue_depth{${labels}} ${depth}`);
  }
  for (const [counter, [name, help]] of Object.entries(COUNTERS)) {
    lines.push(...headOf(name, "counter", help));
    lines.push(`${name} ${counters[counter as keyof EngineFigures["counters"]]}`);
  }
  const name = "conveyor_commit_seconds";
  lines.push(...headOf(name, "summary", "Time that commits took"));
  lines.push(`${name}_sum ${commits.seconds}`, `${name}_count ${commits.count}`);
  return lines;
}

function headOf(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
