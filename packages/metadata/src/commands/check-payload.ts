import { AppError } from "@commonhold/core/app-error.ts";
import { Compile, type Validator } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import type { AnyCommand } from "../command.ts";

const PROBLEMS_MAX = 5;

export type PayloadCheck = (name: string, payload: unknown) => void;

/**
 * What every engine asks before it accepts a command.
 * @returns a function that throws AppError INVALID_REQUEST for an unknown command or a payload that does not fit
 */
export function createPayloadCheck(commands: Readonly<Record<string, AnyCommand>>): PayloadCheck {
  const validators = new Map<string, Validator>();

  return (name, payload) => {
    let validator = validators.get(name);
    if (validator === undefined) {
      if (!Object.hasOwn(commands, name)) {
        throw new AppError("INVALID_REQUEST", `there is no metadata command "${name}"`);
      }
      validator = Compile(commands[name]!.payload);
      validators.set(name, validator);
    }
    if (validator.Check(payload)) return;
    const problems = validator.Errors(payload).slice(0, PROBLEMS_MAX).map(describeProblem);
    throw new AppError("INVALID_REQUEST", `${name}: ${problems.join("; ")}`, { details: { problems } });
  };
}

function describeProblem({ instancePath, keyword, message, params }: TLocalizedValidationError): string {
  const field = instancePath === "" ? "the payload" : instancePath.slice(1);
  return keyword === "const" ? `${field} must be ${JSON.stringify(params.allowedValue)}` : `${field} ${message}`;
}
