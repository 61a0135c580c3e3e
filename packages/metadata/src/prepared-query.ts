import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Tables } from "./tables.ts";

type Values = Readonly<Record<string, string | number>>;

/** Asks a query with values for its places. */
export type PreparedQuery<Given extends Values, Row> = (read: Kysely<Tables>, values: Given) => Promise<readonly Row[]>;

type Answer = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>;

const directAnswers = new WeakMap<Kysely<Tables>, Answer>();

/**
 * Lets an engine answer the prepared queries on `read` itself. Kysely's way to a connection costs several times as much
 * as a small answer.
 */
export function answerPreparedQueries(read: Kysely<Tables>, answer: Answer): void {
  directAnswers.set(read, answer);
}

/** Stands where a value will be. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is built and compiled once for an engine: for what every request asks, as building and compiling take
 * several times as long as the answer.
 * @param build must use every value as a parameter of the query and as nothing else: it sees the values' places alone
 */
export function prepareQuery<Given extends Values, Row>(
  build: (read: Kysely<Tables>, values: Given) => Compilable<Row>,
): PreparedQuery<Given, Row> {
  const compiledFor = new WeakMap<Kysely<Tables>, CompiledQuery<Row>>();
  return async (read, values) => {
    let compiled = compiledFor.get(read);
    if (compiled === undefined) compiledFor.set(read, (compiled = build(read, placesOf(values)).compile()));
    const parameters = compiled.parameters.map((value) => (value instanceof Place ? values[value.name] : value));
    const query: CompiledQuery<Row> = { ...compiled, parameters };
    const answer = directAnswers.get(read);
    return (await (answer === undefined ? read.executeQuery(query) : answer(query))).rows;
  };
}

function placesOf<Given extends Values>(values: Given): Given {
  return Object.fromEntries(Object.keys(values).map((name) => [name, new Place(name)])) as unknown as Given;
}
