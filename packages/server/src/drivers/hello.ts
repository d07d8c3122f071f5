/** The handshake: what an instance says of itself, and what it is told. */
import {
  DEFAULT_CONCURRENCY,
  type HelloFrame,
  MAX_FRAME_BYTES,
  MAX_LABELS,
  MAX_LABELS_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_RESULT_BYTES,
  PROTOCOL_VERSIONS,
  type WelcomeFrame,
} from "@conveyor-ci/contract";
import {
  ConveyorError,
  DEFAULT_EVENTS,
  EVENT_NAMES,
  type EventName,
  type HelloLease,
  type Limits,
  normalRunId,
  quoted,
} from "@conveyor-ci/core";
import type { HelloInput } from "@conveyor-ci/engine";

/** A quarter of the silence that ends a session, so that three may be lost. */
const PROGRESSES_PER_SILENCE = 4;

/** The newest version both speak; throws `protocol_unsupported` when there is none. */
export function agreeOnProtocol(frame: HelloFrame): number {
  const common = PROTOCOL_VERSIONS.filter((version) => frame.protocol.includes(version));
  if (common.length > 0) return Math.max(...common);
  throw new ConveyorError({
    code: "protocol_unsupported",
    message: `this server speaks versions ${PROTOCOL_VERSIONS.join(", ")}, not ${frame.protocol.join(", ")}`,
  });
}

/** The hello in the words of the engine. */
export function readHello(frame: HelloFrame): HelloInput {
  return {
    driver: frame.driver,
    instance: frame.instance,
    bootId: frame.boot,
    resources: [...new Set(frame.resources)],
    events: readEvents(frame.events ?? []),
    concurrency: frame.concurrency ?? DEFAULT_CONCURRENCY,
    leases: (frame.leases ?? []).map(({ lease, runid, step }) => ({
      token: lease,
      run: normalRunId(runid),
      step,
    })),
  };
}

/** None, or `*`, mean create and update; delete must be named. */
function readEvents(names: readonly string[]): readonly EventName[] {
  const unknown = names.find(
    (name) => name !== "*" && !EVENT_NAMES.some((event) => event === name),
  );
  if (unknown !== undefined) {
    const message = `hello: /events has ${quoted(unknown)}, which is no event`;
    throw new ConveyorError({ code: "invalid_frame", message });
  }
  const isDefault = names.length === 0 || names.includes("*");
  return EVENT_NAMES.filter(
    (event) => names.includes(event) || (isDefault && DEFAULT_EVENTS.includes(event)),
  );
}

export function welcomeOf(of: {
  readonly protocol: number;
  readonly leases: readonly HelloLease[];
  readonly limits: Limits;
}): WelcomeFrame {
  const { silenceMs, disconnectGraceMs, cancelGraceMs } = of.limits;
  return {
    type: "welcome",
    protocol: of.protocol,
    features: [],
    limits: {
      frameBytes: MAX_FRAME_BYTES,
      resultBytes: MAX_RESULT_BYTES,
      messageBytes: MAX_MESSAGE_BYTES,
      labels: MAX_LABELS,
      labelsBytes: MAX_LABELS_BYTES,
    },
    times: {
      progressMs: Math.max(1, Math.floor(silenceMs / PROGRESSES_PER_SILENCE)),
      silenceMs,
      disconnectGraceMs,
      cancelGraceMs,
    },
    leases: of.leases.map(({ token, ...lease }) => ({ lease: token, ...lease })),
  };
}
