import type { Compilable, CompiledQuery, DialectAdapter, Kysely, QueryResult, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

type Value = string | number | bigint | null | Uint8Array;
/** By name. A list may have any length: each is a query of its own. */
type Values = Readonly<Record<string, Value | readonly Value[]>>;

/** Asks a query with values for its places. */
export type PreparedQuery<Given extends Values, Row> = (read: Kysely<Tables>, values: Given) => Promise<readonly Row[]>;

/** Changes rows by a statement with values for its places, and answers with their count. */
export type PreparedChange<Given extends Values> = (tx: Transaction<Tables>, values: Given) => Promise<bigint>;

type Answer = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>;

/** What an instance of Kysely and its transactions have in common. */
type Engine = DialectAdapter;

const directAnswers = new WeakMap<Engine, Answer>();

/** For how many combinations of lengths of its lists a query is kept. */
const SHAPES_MAX = 16;

/**
 * Lets an engine of a single connection answer the prepared queries on `kysely`, and on its transactions, itself. Kysely's
 * way to a connection costs several times as much as a small answer.
 */
export function answerPreparedQueries(kysely: Kysely<Tables>, answer: Answer): void {
  directAnswers.set(engineOf(kysely), answer);
}

/**
 * A query that is built and compiled once for an engine: for what every request asks, as building and compiling take
 * several times as long as the answer.
 * @param build must use every value as a parameter of the query and as nothing else: it sees the values' places alone.
 *   Every call gives the same names.
 */
export function prepareQuery<Given extends Values, Row>(
  build: (read: Kysely<Tables>, values: Given) => Compilable<Row>,
): PreparedQuery<Given, Row> {
  const ask = prepare(build);
  return async (read, values) => (await ask(read, values)).rows;
}

/**
 * An insert, update or delete without `returning`, built and compiled once for an engine.
 * @param build as for `prepareQuery`
 */
export function prepareChange<Given extends Values>(
  build: (tx: Kysely<Tables>, values: Given) => Compilable,
): PreparedChange<Given> {
  const change = prepare(build);
  return async (tx, values) => (await change(tx, values)).numAffectedRows ?? 0n;
}

function prepare<Given extends Values, Row>(build: (kysely: Kysely<Tables>, values: Given) => Compilable<Row>) {
  const compiledFor = new WeakMap<Engine, Map<string, CompiledQuery<Row>>>();

  return async (kysely: Kysely<Tables>, values: Given): Promise<QueryResult<Row>> => {
    const engine = engineOf(kysely);
    const shapes = compiledFor.get(engine) ?? new Map<string, CompiledQuery<Row>>();
    const shape = shapeOf(values);
    let compiled = shapes.get(shape);
    if (compiled === undefined) {
      compiled = build(kysely, placesOf(values)).compile();
      if (shapes.size < SHAPES_MAX) compiledFor.set(engine, shapes.set(shape, compiled));
    }
    const parameters = compiled.parameters.map((value) => (value instanceof Place ? value.in(values) : value));
    const query: CompiledQuery<Row> = { ...compiled, parameters };
    const answer = directAnswers.get(engine);
    return await (answer === undefined ? kysely.executeQuery(query) : answer(query));
  };
}

function engineOf(kysely: Kysely<Tables>): Engine {
  return kysely.getExecutor().adapter;
}

/** Stands where a value, or one of a list, will be. */
class Place {
  readonly #name: string;
  readonly #index: number | undefined;

  constructor(name: string, index?: number) {
    this.#name = name;
    this.#index = index;
  }

  in(values: Values): Value | undefined {
    const value = values[this.#name];
    return this.#index === undefined ? (value as Value | undefined) : (value as readonly Value[])[this.#index];
  }
}

/** The lengths of the lists by name; empty without lists. */
function shapeOf(values: Values): string {
  let shape = "";
  for (const name in values) {
    const value = values[name];
    if (Array.isArray(value)) shape += `${name} ${value.length} `;
  }
  return shape;
}

function placesOf<Given extends Values>(values: Given): Given {
  const places = Object.entries(values).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((_, index) => new Place(name, index)) : new Place(name),
  ]);
  return Object.fromEntries(places) as unknown as Given;
}
