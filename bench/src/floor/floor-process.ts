import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("floor-server.ts", import.meta.url));

export interface FloorProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts the floor in a process of its own, with the Node.js, the flags and the environment that the roles of a network
 * get. It ends when this process ends, however that is.
 */
export async function startFloor(folder: string): Promise<FloorProcess> {
  // A group of its own: Ctrl-C is for this process, which then stops it.
  const child = fork(PROGRAM, [folder], { detached: true, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(() => {
    throw new Error("the floor ended before it was ready");
  });
  ended.catch(() => undefined);
  const [message] = (await Promise.race([once(child, "message"), ended])) as [{ readonly port: number }];
  if (child.pid === undefined) throw new Error("the floor could not be started");
  return {
    url: `http://127.0.0.1:${message.port}`,
    pid: child.pid,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
