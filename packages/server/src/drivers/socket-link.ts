/** The engine's way to an instance, over its WebSocket. */
import { type AssignFrame, CLOSE } from "@conveyor-ci/contract";
import type { Assignment, Link } from "@conveyor-ci/engine";
import { viewResource } from "../views/resource.ts";
import type { DriverSocket } from "./driver-socket.ts";

export function createSocketLink(socket: DriverSocket): Link {
  return {
    assign: (assignment) => socket.send(viewAssignment(assignment)),
    cancel: (token, reason) => socket.send({ type: "cancel", lease: token, reason }),
    lost: (token) =>
      socket.send({
        type: "lost",
        lease: token,
        code: "lease_lost",
        message: `lease ${token} has been replaced or has ended`,
      }),
    drain: () => socket.send({ type: "drain" }),
    close: (reason) => {
      switch (reason) {
        case "expired":
          socket.close(CLOSE.goingAway, "nothing was heard for too long");
          break;
        case "replaced":
          socket.close(CLOSE.replaced, "the instance has connected again");
          break;
        case "unsure":
          socket.close(CLOSE.goingAway, "the storage failed; connect again");
          break;
        case "stopping":
          socket.close(CLOSE.goingAway, "the server stops");
          break;
      }
    },
    isAlive: (withinMs) => socket.isAlive(withinMs),
  };
}

/** The frame of one delivery. */
export function viewAssignment(assignment: Assignment): AssignFrame {
  const { token, run, step, attempt, resource, results } = assignment;
  return {
    type: "assign",
    lease: token,
    runid: run.id,
    step,
    attempt,
    event: run.event,
    pipeline: run.pipeline?.name ?? null,
    resource: viewResource(resource),
    results,
  };
}
