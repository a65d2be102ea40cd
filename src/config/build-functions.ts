/** Functions of weir.config.ts: those of a location, and those behind variables. */
import {
  functionDirectives,
  functionHandlerDirectives,
  functionVariableDirectives,
} from '#src/functions/directives.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import type { FunctionPlan } from '#src/functions/function-run.ts';
import { functionReader } from '#src/functions/function-variable.ts';
import type { ClientSettings } from '#src/listeners/http/directives.ts';
import { type Place, Problems } from '#src/schema/problem.ts';
import { compileSettings, type Scope } from '#src/schema/scope.ts';
import type { VariableCompiler } from '#src/variables/compiler.ts';

/** What functions see or answer of the requests of a level; undefined when none does. */
export function buildFunctions(
  scope: Scope,
  client: ClientSettings,
  problems: Problems,
): FunctionPlan | undefined {
  const { handler } = compileSettings(functionHandlerDirectives, scope, problems);
  const settings = compileSettings(functionDirectives, scope, problems);
  const { bodyBytes, requestFilters, responseBody, timeoutMs } = settings;
  const isEmpty = requestFilters.length === 0 && responseBody === undefined;
  if (handler === undefined && isEmpty) return undefined;
  const store = { memoryBytes: client.bodyBufferBytes, directory: client.bodyTempPath };
  return { requestFilters, handler, responseBody, timeoutMs, bodyBytes, store };
}

/** Makes `variable`s known, and tells functions what variables there are. */
export function declareFunctions(
  http: Scope,
  variables: VariableCompiler,
  host: FunctionHost,
  problems: Problems,
): void {
  const { variables: found } = compileSettings(functionVariableDirectives, http, problems);
  const declarations = found.map(({ name, ref }) => ({
    name,
    place: ref.place,
    build: () => ({
      name,
      read: functionReader(ref, host),
      isVolatile: false,
      isOfConnection: false,
    }),
  }));
  if (declarations.length > 0) variables.declare(declarations, problems);
  host.useVariables((name) => {
    if (!/^\w+$/.test(name)) return undefined;
    const value = variables.compile(`\${${name}}`, NOWHERE, new Problems());
    return value && ((exchange) => value.evaluate(exchange) || undefined);
  });
}

const NOWHERE: Place = { file: '', line: 0, column: 0 };
