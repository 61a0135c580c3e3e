import type { SimulatedNode } from "../nodes/simulated-node.ts";
import { type Fault, type FaultContext, mayLoseAll, upNodes } from "./fault.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For how long a node is away: mostly a blip, sometimes hours, seldom days. */
function absenceMs({ world, random }: FaultContext): number {
  const kind = random.fraction();
  if (kind < 0.6) return random.between(0.1, 4) * world.pace.heartbeatIntervalMs;
  return kind < 0.9 ? random.between(HOUR_MS, 10 * HOUR_MS) : random.between(DAY_MS, 3 * DAY_MS);
}

function crash(context: FaultContext, node: SimulatedNode, forMs: number): void {
  const { world, endLater } = context;
  const calm = world.disturbances.begin(node.id);
  world.crash(node);
  endLater(forMs, () => {
    world.restart(node);
    calm();
  });
}

const crashAndReturn: Fault = {
  name: "crash",
  meanIntervalHours: 6,
  happen: (context) => {
    const node = context.random.pick(upNodes(context));
    if (node !== undefined) crash(context, node, absenceMs(context));
  },
};

const indexLoss: Fault = {
  name: "index_lost",
  meanIntervalHours: 96,
  happen: (context) => {
    const node = context.random.pick(upNodes(context));
    if (node === undefined) return;
    context.world.trace.record("index_lost", { nodeId: node.id });
    crash(context, node, context.random.between(MINUTE_MS, 10 * MINUTE_MS));
    node.loseIndex();
  },
};

const death: Fault = {
  name: "death",
  meanIntervalHours: 84,
  happen: (context) => {
    const { world, operators, random } = context;
    const alive = [...world.nodes.values()].filter((node) => node.presence !== "dead" && !operators.isDraining(node));
    const node = random.pick(alive.filter((each) => mayLoseAll(context, each)));
    if (node === undefined) return;
    world.kill(node);
    context.endLater(random.between(HOUR_MS, 12 * HOUR_MS), () => operators.join());
    context.endLater(random.between(12 * HOUR_MS, 4 * DAY_MS), () => operators.remove(node));
  },
};

const diskLoss: Fault = {
  name: "disk_lost",
  meanIntervalHours: 192,
  happen: (context) => {
    const node = context.random.pick(upNodes(context).filter((each) => mayLoseAll(context, each)));
    if (node === undefined) return;
    context.world.trace.record("disk_lost", { nodeId: node.id });
    node.loseDisk();
    crash(context, node, context.random.between(MINUTE_MS, HOUR_MS));
  },
};

const rot: Fault = {
  name: "rot",
  meanIntervalHours: 18,
  happen: (context) => {
    const { world, random } = context;
    const node = random.pick(upNodes(context));
    if (node === undefined) return;
    for (const name of random.sample(node.names(), random.integer(1, 3))) {
      if (world.truth.mayDestroy(name)) node.rot(name);
    }
  },
};

const fullDisk: Fault = {
  name: "disk_full",
  meanIntervalHours: 48,
  happen: (context) => {
    const { world, random } = context;
    const node = random.pick(upNodes(context).filter((each) => each.foreignBytes === 0));
    if (node === undefined) return;
    // Something else fills the disk: beyond what is free, so that the node must part with chunks.
    node.foreignBytes = Math.floor(node.freeBytes + random.between(0, 0.5) * node.usedBytes);
    world.trace.record("disk_full", { nodeId: node.id });
    context.endLater(random.between(6 * HOUR_MS, 3 * DAY_MS), () => {
      node.foreignBytes = 0;
    });
  },
};

const slowness: Fault = {
  name: "slow",
  meanIntervalHours: 48,
  happen: (context) => {
    const node = context.random.pick(upNodes(context));
    if (node === undefined) return;
    node.speed = context.random.between(0.005, 0.05);
    context.world.trace.record("slow", { nodeId: node.id });
    context.endLater(context.random.between(HOUR_MS, DAY_MS), () => {
      node.speed = 1;
    });
  },
};

const lies: Fault = {
  name: "lies",
  meanIntervalHours: 96,
  happen: (context) => {
    const { world, random } = context;
    const node = random.pick(upNodes(context));
    if (node === undefined) return;
    const forMs = random.between(HOUR_MS, 2 * DAY_MS);
    const calm = world.disturbances.begin(node.id);
    const known = [...world.truth.all()].map(({ name }) => name);
    const invented = random
      .sample(known, 5)
      .filter((name) => node.get(name) === undefined && world.truth.mayDestroy(name));
    for (const name of invented) {
      node.invented.add(name);
      world.truth.pretended(name, world.time.elapsedMs + forMs);
    }
    for (const name of random.sample(node.names(), 3)) {
      if (!world.truth.mayDestroy(name)) continue;
      node.hidden.add(name);
      world.truth.pretended(name, world.time.elapsedMs + forMs);
    }
    world.trace.record("lies", { nodeId: node.id, note: `${node.invented.size} invented, ${node.hidden.size} hidden` });
    context.endLater(forMs, () => {
      node.invented.clear();
      node.hidden.clear();
      calm();
    });
  },
};

const clockJump: Fault = {
  name: "clock_jump",
  meanIntervalHours: 96,
  happen: (context) => {
    const node = context.random.pick(upNodes(context));
    if (node === undefined) return;
    node.clockSkewMs = context.random.between(-30 * DAY_MS, 30 * DAY_MS);
    context.world.trace.record("clock_jump", { nodeId: node.id });
  },
};

const drain: Fault = {
  name: "drain",
  meanIntervalHours: 240,
  happen: (context) => {
    const { operators, random } = context;
    const node = random.pick(upNodes(context).filter((each) => !operators.isDraining(each)));
    if (node === undefined) return;
    operators.join();
    operators.drain(node);
  },
};

export const NODE_FAULTS: readonly Fault[] = [
  crashAndReturn,
  indexLoss,
  death,
  diskLoss,
  rot,
  fullDisk,
  slowness,
  lies,
  clockJump,
  drain,
];
