/** A driver instance connects, reports, and leaves. */
import { type Command, ConveyorError, type LeaseName, sessionId } from "@conveyor-ci/core";
import type { Connection, HelloInput, Link } from "../engine.ts";
import { type Connected, endLease } from "../runtime/dispatcher.ts";
import type { EngineContext } from "./context.ts";

/** How long a process that seems to be there is given to prove that it lives. */
const ALIVE_WITHIN_MS = 2_000;

/** Hellos that one connection may need to adopt what waited for its driver. */
const MAX_HELLOS = 100_000;

export async function connectInstance(
  context: EngineContext,
  hello: HelloInput,
  link: Link,
): Promise<Connection> {
  const id = sessionId(hello.driver, hello.instance);
  await makeRoom(context, id, hello);
  const actor = `driver:${hello.driver}`;
  const command = { kind: "hello", ns: context.ns, actor, ...hello } as const;
  const arrival = context.dispatcher.expect(id);
  const answer = await greet(context, command).finally(() => context.dispatcher.arrived(arrival));
  const connected: Connected = {
    session: answer.session,
    link,
    leases: new Map(),
    ended: new Map(),
    toldToStop: new Map(),
    sending: new Set(),
    isReady: false,
    isDraining: false,
    lagMs: 0,
    heardAt: null,
    renewedAt: context.clock.now(),
  };
  const states = new Map(answer.leases.map(({ token, state }) => [token, state]));
  for (const { token, run, step } of hello.leases) {
    const state = states.get(token);
    if (state === "recorded") connected.ended.set(token, { run, step });
    else if (state !== "lost") connected.leases.set(token, { run, step });
  }
  for (const { token, run, step } of answer.redeliver) {
    connected.leases.set(token, { run: run.id, step });
  }
  context.dispatcher.add(connected);
  return connectionOf(context, connected, {
    leases: answer.leases,
    open: () => {
      for (const grant of answer.redeliver) context.dispatcher.deliver(grant);
      context.dispatcher.ready(connected, arrival);
    },
  });
}

/** Says hello, again and again where more waited for the driver than one decision adopts. */
async function greet(
  context: EngineContext,
  command: Extract<Command, { readonly kind: "hello" }>,
) {
  let answer = await context.submit(command);
  for (let turn = 0; answer.more && turn < MAX_HELLOS; turn += 1) {
    answer = await context.submit(command);
  }
  return answer;
}

/** Another connection of the same instance: the same process came back, or another has its name. */
async function makeRoom(context: EngineContext, id: string, hello: HelloInput): Promise<void> {
  const old = context.dispatcher.find(id);
  if (old === undefined) return;
  if (old.session.bootId !== hello.bootId && (await old.link.isAlive(ALIVE_WITHIN_MS))) {
    throw new ConveyorError({
      code: "instance_in_use",
      message: `another live process of driver ${hello.driver} is instance ${hello.instance}`,
      hint: "give each process an instance name of its own",
    });
  }
  if (!context.dispatcher.remove(old)) return;
  old.link.close("replaced");
  await submitDisconnect(context, old, false);
}

async function submitDisconnect(
  context: EngineContext,
  connected: Connected,
  goodbye: boolean,
): Promise<void> {
  const { id: session, epoch, driver } = connected.session;
  const actor = `driver:${driver}`;
  await context.submit({ kind: "disconnect", ns: context.ns, actor, session, epoch, goodbye });
}

function connectionOf(
  context: EngineContext,
  connected: Connected,
  of: { readonly leases: Connection["leases"]; readonly open: () => void },
): Connection {
  const { session } = connected;
  const { ns } = context;
  const actor = `driver:${session.driver}`;
  const leaseOf = (token: number): LeaseName => {
    const at = connected.leases.get(token) ?? connected.ended.get(token);
    if (at !== undefined) return { token, ...at };
    const message = `lease ${token} is not held by instance ${session.instance}`;
    throw new ConveyorError({ code: "lease_lost", message });
  };
  return {
    session,
    leases: of.leases,
    ready: of.open,
    append: async (token, { first, lines }) => {
      const lease = leaseOf(token);
      const answer = await context.submit({ kind: "appendLines", ns, actor, lease, first, lines });
      return answer.received;
    },
    result: async (token, { lines, code, ...result }) => {
      const lease = leaseOf(token);
      await context.submit({ kind: "recordResult", ns, actor, lease, lines, code, result });
      endLease(connected, token);
    },
    progress: (tokens, lagMs) => {
      connected.lagMs = lagMs;
      connected.heardAt = context.clock.now();
      const { leases, ended } = connected;
      return tokens.filter((token) => !leases.has(token) && !ended.has(token));
    },
    heard: () => {
      connected.heardAt = context.clock.now();
    },
    draining: async () => {
      connected.isDraining = true;
      const { id, epoch } = session;
      await context.submit({ kind: "drain", ns, actor, session: id, epoch });
    },
    closed: async (goodbye) => {
      if (!context.dispatcher.remove(connected)) return;
      try {
        await submitDisconnect(context, connected, goodbye);
      } catch (error) {
        // A server that stops needs not say so: the next one disconnects every session.
        if (!(error instanceof ConveyorError && error.code === "shutting_down")) throw error;
      }
    },
  };
}
