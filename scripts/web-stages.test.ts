import { expect, it } from "vitest";
import { type PlannedScript, planScripts, scriptsOf } from "./web-stages.ts";

const SOURCES = "/somewhere/packages/web";
const LIBRARIES = "/somewhere/node_modules";
const script = (fileName: string, moduleIds: readonly string[], ...imports: readonly string[]): PlannedScript => ({
  fileName,
  facadeModuleId: null,
  moduleIds,
  imports,
});

const BUILT = [
  script("page.js", [`${SOURCES}/src/first.ts`], "turns.js"),
  script("turns.js", [`${SOURCES}/src/turns.ts`]),
  script("door.js", [`${SOURCES}/src/main.tsx`], "react.js", "turns.js"),
  script("react.js", [`${LIBRARIES}/react/index.js`]),
  script("rooms.js", [`${SOURCES}/src/rooms.tsx`], "react.js", "router.js", "door.js"),
  script("router.js", [`${LIBRARIES}/router/index.js`], "rooms.js"),
  script("rare.js", [`${SOURCES}/src/rare.tsx`], "react.js"),
];
const STAGES = [
  { name: "first", entries: ["/src/first.ts"] },
  { name: "door", entries: ["/src/main.tsx"] },
  { name: "rooms", entries: ["/src/rooms.tsx"] },
];

it("puts each module where it is needed first, libraries apart", () => {
  expect(Object.fromEntries(planScripts(BUILT, STAGES))).toEqual({
    [`${SOURCES}/src/first.ts`]: "first",
    [`${SOURCES}/src/turns.ts`]: "first",
    [`${SOURCES}/src/main.tsx`]: "door",
    [`${LIBRARIES}/react/index.js`]: "door-libraries",
    [`${SOURCES}/src/rooms.tsx`]: "rooms",
    [`${LIBRARIES}/router/index.js`]: "rooms-libraries",
  });
});

it("follows what is asked for with a script, round as it may go", () => {
  const names = [...scriptsOf(BUILT, ["/src/rooms.tsx"])].map(({ fileName }) => fileName);
  expect(names.sort()).toEqual(["door.js", "react.js", "rooms.js", "router.js", "turns.js"]);
});

it("knows a script that does no more than to ask for another", () => {
  const facade = { ...script("facade.js", [], "door.js"), facadeModuleId: `${SOURCES}/src/main.tsx` };
  const names = [...scriptsOf([...BUILT, facade], ["/src/main.tsx"])].map(({ fileName }) => fileName);
  expect(names.sort()).toEqual(["door.js", "facade.js", "react.js", "turns.js"]);
});

it("is not silently nothing", () => {
  expect(() => planScripts(BUILT.slice(1), STAGES)).toThrow("/src/first.ts is in no script");
});
