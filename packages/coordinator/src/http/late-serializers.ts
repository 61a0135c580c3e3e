import { type Options, SerializerSelector } from "@fastify/fast-json-stringify-compiler";

type Serializer = (answer: unknown) => string;
type SerializerCompiler = (answer: { readonly schema?: unknown }) => Serializer;

const selectSerializer = SerializerSelector();

/**
 * Fastify's serializers of answers, each compiled when it is needed first, and once for all calls that share a schema.
 * There are hundreds, most of them for errors, and compiling them all was a fifth of a coordinator's start.
 */
export function buildLateSerializers(sharedSchemas?: unknown, options?: Options): SerializerCompiler {
  const compile = selectSerializer(sharedSchemas, options) as SerializerCompiler;
  const compiled = new Map<unknown, Serializer>();
  return (definition) => (answer) => {
    let serialize = compiled.get(definition.schema);
    if (serialize === undefined) compiled.set(definition.schema, (serialize = compile(definition)));
    return serialize(answer);
  };
}
