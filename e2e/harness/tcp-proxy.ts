/**
 * A network between clients and a server, in which things go wrong.
 *
 * X1 Like TCP it neither loses nor repeats nor reorders a byte of a connection that goes on: what is
 *    held back arrives when the direction is free again.
 * X2 A direction that is held passes on nothing that comes to it from then on, not even that an end
 *    is gone.
 */
import { createServer, type Server, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Scope } from "./scope.ts";

/** `up` is towards the server. */
export type Direction = "up" | "down";

export interface TcpProxy {
  readonly url: string;
  /** Connections of which at least one end is open. */
  readonly open: number;
  /** Passes nothing on in these directions, of connections old and new, and closes nothing. */
  hold(...directions: readonly Direction[]): void;
  /** Passes on all that was held back, and goes on. */
  heal(): void;
  /** Resets both ends of every connection. */
  cut(): void;
  /** Resets the end at the client or at the server, and leaves the other one in silence. */
  vanish(end: "client" | "server"): void;
  /** Resets the ends that were left in silence. */
  cutSilent(): void;
  /** Resets every connection when it has passed on so many bytes more in a direction. */
  cutAfter(direction: Direction, bytes: number): void;
  /** Breaks what is passed on into pieces with a delay between them; null: no longer. */
  trickle(trickle: Trickle | null): void;
}

export interface Trickle {
  /** Size of the next piece, at least 1. */
  readonly size: () => number;
  readonly delayMs: () => number;
}

/** What all connections of a proxy have in common. */
interface Weather {
  readonly held: Set<Direction>;
  trickle: Trickle | null;
}

export async function startTcpProxy(scope: Scope, server: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(server);
  const weather: Weather = { held: new Set(), trickle: null };
  const links = new Set<Link>();
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    const target = new Socket().setNoDelay();
    const link = new Link(client, target, weather);
    links.add(link);
    link.onGone = () => links.delete(link);
    target.connect(Number(port), hostname);
  });
  const own = await listen(listener);
  scope.own(async () => {
    for (const link of [...links]) link.cut();
    await new Promise((resolve) => listener.close(resolve));
  });
  const settle = (): void => {
    for (const link of [...links]) link.settle();
  };
  return {
    url: `http://127.0.0.1:${own}`,
    get open() {
      return links.size;
    },
    hold(...directions) {
      for (const direction of directions) weather.held.add(direction);
      settle();
    },
    heal() {
      weather.held.clear();
      settle();
    },
    cut() {
      for (const link of [...links]) link.cut();
    },
    vanish(end) {
      for (const link of [...links]) link.vanish(end);
    },
    cutSilent() {
      for (const link of [...links]) if (link.isSilent) link.cut();
    },
    cutAfter(direction, bytes) {
      for (const link of links) link.cutAfter(direction, bytes);
    },
    trickle(trickle) {
      weather.trickle = trickle;
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

interface Half {
  readonly direction: Direction;
  readonly from: Socket;
  readonly to: Socket;
  /** Pieces are on their way, or the receiver's buffer is full. */
  isBusy: boolean;
  /** Bytes until the connection is reset. */
  rest: number;
}

/** One connection: two sockets, and what flows between them. */
class Link {
  onGone: () => void = () => {};
  readonly #weather: Weather;
  readonly #halves: readonly Half[];
  /** One end vanished; the other is not to know. */
  #isSilent = false;

  constructor(client: Socket, server: Socket, weather: Weather) {
    this.#weather = weather;
    const rest = Infinity;
    this.#halves = [
      { direction: "up", from: client, to: server, isBusy: false, rest },
      { direction: "down", from: server, to: client, isBusy: false, rest },
    ];
    for (const half of this.#halves) this.#watch(half);
    server.once("connect", () => this.settle());
  }

  #watch(half: Half): void {
    const { from, to } = half;
    from.on("data", (bytes: Buffer) => void this.#pass(half, bytes));
    from.on("end", () => {
      if (!this.#isSilent) to.end();
    });
    from.on("error", () => undefined);
    from.on("close", () => this.settle());
    from.pause();
  }

  get #isGone(): boolean {
    return this.#halves.every(({ from }) => from.destroyed);
  }

  /** Lets flow what may flow (X2), and tells one end of the other's. */
  settle(): void {
    const { held } = this.#weather;
    for (const half of this.#halves) {
      const { direction, from, to } = half;
      const isHeld = held.has(direction) || this.#isSilent;
      if (isHeld || half.isBusy) from.pause();
      else if (!to.connecting) from.resume();
      // A clean end was passed on when it was read.
      const isBroken = from.destroyed && !from.readableEnded;
      if (isBroken && !isHeld && !half.isBusy && !to.destroyed) to.resetAndDestroy();
    }
    if (this.#isGone) this.onGone();
  }

  async #pass(half: Half, bytes: Buffer): Promise<void> {
    half.isBusy = true;
    half.from.pause();
    for (const piece of this.#pieces(bytes)) {
      const { trickle } = this.#weather;
      if (trickle !== null) await pause(trickle.delayMs());
      if (!half.to.writable) break;
      const passed = piece.subarray(0, half.rest);
      half.rest -= piece.length;
      if (half.rest < 0) {
        half.to.write(passed, () => this.cut());
        return;
      }
      if (!half.to.write(passed)) await drained(half.to);
    }
    half.isBusy = false;
    this.settle();
  }

  *#pieces(bytes: Buffer): Generator<Buffer> {
    let from = 0;
    while (from < bytes.length) {
      const size = this.#weather.trickle?.size() ?? bytes.length;
      yield bytes.subarray(from, from + size);
      from += size;
    }
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  cutAfter(direction: Direction, bytes: number): void {
    for (const half of this.#halves) if (half.direction === direction) half.rest = bytes;
  }

  cut(): void {
    this.#isSilent = false;
    for (const { from } of this.#halves) if (!from.destroyed) from.resetAndDestroy();
  }

  vanish(end: "client" | "server"): void {
    this.#isSilent = true;
    const gone = this.#halves.find(({ direction }) => (direction === "up") === (end === "client"));
    gone?.from.resetAndDestroy();
    this.settle();
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    socket.once("close", () => resolve());
  });
}
