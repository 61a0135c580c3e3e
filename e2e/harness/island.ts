import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/**
 * A network of its own for one node, joined to this machine's by a cable that a test can cut. Needs Linux and root,
 * also the root of a user namespace.
 */
export class Island {
  /** Where this machine is, as seen from the island. */
  readonly hostAddress: string;
  /** Where the island is, as seen from this machine. */
  readonly address: string;
  readonly #name: string;

  private constructor(name: string, subnet: number) {
    this.#name = name;
    this.hostAddress = `10.213.${subnet}.1`;
    this.address = `10.213.${subnet}.2`;
  }

  static create(): Island {
    const [subnet, ...rest] = randomBytes(4);
    const island = new Island(`ch${Buffer.from(rest).toString("hex")}`, subnet!);
    const { address, hostAddress } = island;
    const name = island.#name;
    ip("netns", "add", name);
    try {
      ip("link", "add", name, "type", "veth", "peer", "name", "cable", "netns", name);
      ip("addr", "add", `${hostAddress}/24`, "dev", name);
      ip("link", "set", name, "up");
      for (const words of [
        ["addr", "add", `${address}/24`, "dev", "cable"],
        ["link", "set", "cable", "up"],
        ["link", "set", "lo", "up"],
      ]) {
        ip("-n", name, ...words);
      }
      return island;
    } catch (error) {
      island.remove();
      throw error;
    }
  }

  /** What a command begins with to run there. */
  get runner(): readonly string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  cut(): void {
    ip("link", "set", this.#name, "down");
  }

  join(): void {
    ip("link", "set", this.#name, "up");
  }

  /** Must be called whatever happens, or it outlives the test. */
  remove(): void {
    ip("netns", "del", this.#name);
  }
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}
