import { type Fault, upNodes } from "./fault.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const cut: Fault = {
  name: "cut",
  meanIntervalHours: 30,
  happen: (context) => {
    const { world, random } = context;
    const all = upNodes(context);
    const nodes = random.sample(all, random.integer(1, Math.max(1, Math.floor(all.length / 3))));
    const calm = nodes.map((node) => world.disturbances.begin(node.id));
    for (const node of nodes) world.network.cutFromCoordinator.add(node.id);
    world.trace.record("cut", { note: nodes.map((node) => node.id).join(" ") });
    context.endLater(random.between(MINUTE_MS, 5 * HOUR_MS), () => {
      for (const node of nodes) world.network.cutFromCoordinator.delete(node.id);
      for (const end of calm) end();
      world.trace.record("cut_healed");
    });
  },
};

const split: Fault = {
  name: "split",
  meanIntervalHours: 30,
  happen: (context) => {
    const { world, random } = context;
    const all = upNodes(context);
    const nodes = random.sample(all, random.integer(1, Math.max(1, Math.floor(all.length / 2))));
    for (const node of nodes) world.network.moveToSide(node.id, 1);
    world.trace.record("split", { note: nodes.map((node) => node.id).join(" ") });
    context.endLater(random.between(MINUTE_MS, 5 * HOUR_MS), () => {
      for (const node of nodes) world.network.moveToSide(node.id, 0);
      world.trace.record("split_healed");
    });
  },
};

const losses: Fault = {
  name: "losses",
  meanIntervalHours: 30,
  happen: (context) => {
    const { world, random } = context;
    if (world.network.lossProbability > 0) return;
    const shares = { lost: random.between(0.02, 0.3), late: random.between(0, 0.4) };
    world.network.disturb(shares);
    world.trace.record("losses", { note: `${shares.lost.toFixed(2)} lost, ${shares.late.toFixed(2)} late` });
    const calm = world.disturbances.begin(undefined);
    context.endLater(random.between(10 * MINUTE_MS, 4 * HOUR_MS), () => {
      world.network.disturb(undefined);
      world.trace.record("losses_over");
      calm();
    });
  },
};

const powerCut: Fault = {
  name: "power_cut",
  meanIntervalHours: 240,
  happen: (context) => {
    const { world, random } = context;
    const all = upNodes(context);
    const nodes = random.sample(all, Math.ceil(all.length * random.between(0.5, 0.9)));
    world.trace.record("power_cut", { note: `${nodes.length} of ${all.length} nodes` });
    const calm = world.disturbances.begin(undefined);
    for (const node of nodes) world.crash(node);
    context.endLater(random.between(2 * MINUTE_MS, 6 * HOUR_MS), () => {
      for (const node of nodes) world.restart(node);
      calm();
    });
  },
};

const coordinatorCrash: Fault = {
  name: "coordinator_crash",
  meanIntervalHours: 36,
  happen: ({ world, random, operators, endLater }) => {
    const calm = world.disturbances.begin(undefined);
    operators.crashCoordinator();
    const forMs = random.isLucky(0.7) ? random.between(1_000, 2 * MINUTE_MS) : random.between(MINUTE_MS, 4 * HOUR_MS);
    endLater(forMs, () => {
      operators.startCoordinator();
      calm();
    });
  },
};

export const NETWORK_FAULTS: readonly Fault[] = [cut, split, losses, powerCut, coordinatorCrash];
