/**
 * Figures for Prometheus: those of HTTP under the names and labels that Conveyor CI gives them, the
 * engine's beside them. Requests are counted in plain numbers, because they are on the hot path.
 * A label never has a value that a request, a run or an instance makes up.
 */
import { type EngineFigures, Histogram } from "@conveyor-ci/engine";
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Registry } from "prom-client";
import { engineLines } from "./engine-lines.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { headLines, histogramLines, sampleLine } from "./metric-text.ts";

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Requests of one method to one route. */
class RouteFigures {
  readonly byStatus = new Map<number, number>();
  readonly durations = new Histogram(REQUEST_SECONDS);

  add(status: number, seconds: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    this.durations.add(seconds);
  }
}

export class Metrics {
  readonly #byRoute = new Map<string, Map<string, RouteFigures>>();
  readonly #registry = new Registry();
  readonly #eventLoopDelay = new EventLoopDelay();
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
    const own = [
      ...this.#requestLines(),
      ...this.#connectionLines(),
      ...engineLines(engine),
      ...this.#eventLoopDelay.lines(),
    ];
    return `${own.join("\n")}\n${await this.#registry.metrics()}`;
  }

  #requestLines(): string[] {
    const help = "Total number of HTTP requests";
    const totals = headLines({ name: "http_requests_total", type: "counter", help });
    const name = "http_request_duration_seconds";
    const durations = headLines({
      name,
      type: "histogram",
      help: "HTTP request duration in seconds",
    });
    for (const [endpoint, byMethod] of this.#byRoute) {
      for (const [method, figures] of byMethod) {
        const labels = { method, endpoint };
        for (const [status, count] of figures.byStatus) {
          const counted = { ...labels, status_code: String(status) };
          totals.push(sampleLine("http_requests_total", count, counted));
        }
        durations.push(...histogramLines(name, figures.durations.figures(), labels));
      }
    }
    return [...totals, ...durations];
  }

  #connectionLines(): string[] {
    return [
      ...gauge("http_requests_in_flight", "HTTP requests being processed", this.#inFlight),
      ...gauge("active_connections", "Open WebSocket connections", this.drivers + this.readers),
      ...gauge("conveyor_driver_connections", "Connected driver instances", this.drivers),
      ...gauge("conveyor_log_readers", "Log readers by WebSocket", this.readers),
    ];
  }
}

function gauge(name: string, help: string, value: number): readonly string[] {
  return [...headLines({ name, type: "gauge", help }), sampleLine(name, value)];
}
