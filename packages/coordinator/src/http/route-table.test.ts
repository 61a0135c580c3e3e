import { expect, it } from "vitest";
import { RouteTable } from "./route-table.ts";

it("gathers the methods of every route that has the address", () => {
  const table = new RouteTable();
  table.add("/files", ["POST"]);
  table.add("/files", ["GET", "HEAD"]);
  table.add("/files/:id", ["DELETE"]);
  table.add("/files/:name", ["PUT"]);
  table.add("/docs/*", ["GET"]);
  expect(table.methodsOf("/files")).toEqual(["GET", "HEAD", "POST"]);
  expect(table.methodsOf("/files/a%20b")).toEqual(["DELETE", "PUT"]);
  expect(table.methodsOf("/docs/static/x.css")).toEqual(["GET"]);
  expect(table.methodsOf("/docs")).toEqual([]);
  expect(table.methodsOf("/files/")).toEqual([]);
  expect(table.methodsOf("/files/a/b")).toEqual([]);
});
