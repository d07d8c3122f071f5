/**
 * What the servers could know of the instances, as the simulated network carried it: by this is
 * judged whether a lease was taken away for a reason (P2, P10). Nothing here comes from the engine.
 */
import type { SimSocket } from "./sim-socket.ts";

/** After so long a silence a lease may expire. */
export const SILENCE_MS = 20_000;

/** The server's end of one connection of an instance. Times are the history's. */
export interface Contact {
  readonly openedAt: number;
  /** When the server welcomed the instance; null: not yet. */
  welcomedAt: number | null;
  /** When the server last got anything from it. */
  heardAt: number;
  /** When the last silence ended after which a lease may have expired; 0: there was none. */
  spokeAgainAt: number;
  /** When the server knew that it is over; null: it does not. */
  endedAt: number | null;
}

export class Contacts {
  readonly #bySession = new Map<string, Contact[]>();
  /** Boot ids that have said goodbye, by session. */
  readonly #leaves = new Map<string, Set<string>>();
  #serverStartedAt = 0;

  /** When the newest server started. */
  get serverStartedAt(): number {
    return this.#serverStartedAt;
  }

  serverStarts(at: number): void {
    this.#serverStartedAt = at;
    this.#bySession.clear();
  }

  begin(session: string, socket: SimSocket, clock: { readonly now: number }): void {
    const { now } = clock;
    const contact: Contact = {
      openedAt: now,
      welcomedAt: null,
      heardAt: now,
      spokeAgainAt: 0,
      endedAt: null,
    };
    const contacts = this.#bySession.get(session) ?? [];
    contacts.push(contact);
    this.#bySession.set(session, contacts);
    const heard = (): void => {
      if (clock.now - contact.heardAt >= SILENCE_MS) contact.spokeAgainAt = clock.now;
      contact.heardAt = clock.now;
    };
    socket.on("message", heard);
    socket.on("pong", heard);
    socket.on("sent", (text: string) => {
      if (text.startsWith('{"type":"welcome"')) contact.welcomedAt = clock.now;
    });
    socket.on("left", () => {
      contact.endedAt = clock.now;
    });
  }

  /** The connections of an instance to the newest server, the oldest first. */
  of(session: string): readonly Contact[] {
    return this.#bySession.get(session) ?? [];
  }

  takesLeave(session: string, boot: string): void {
    const boots = this.#leaves.get(session) ?? new Set();
    boots.add(boot);
    this.#leaves.set(session, boots);
  }

  hasTakenLeave(session: string, boot: string): boolean {
    return this.#leaves.get(session)?.has(boot) ?? false;
  }
}
