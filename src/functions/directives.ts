/** The directives whose argument is a function. Only weir.config.ts can write them. */
import { custom, size, time } from '#src/schema/arguments.ts';
import {
  type Argument,
  directives,
  HTTP_SERVER_LOCATION,
  type ParseContext,
  type SettingsOf,
} from '#src/schema/directive.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** A function by its place in the configuration. */
function functionArgument(): Argument<FunctionRef> {
  return custom({ usage: 'function', minWords: 1, maxWords: 1, parse: parseFunction });
}

/** Where a function may answer. */
export const functionHandlerDirectives = directives({
  handler: {
    name: 'handler',
    contexts: ['location', 'location-if'],
    argument: functionArgument(),
    inherit: false,
    doc: 'In weir.config.ts only. A function that answers the request, now or by a promise. One that throws, rejects, or answers with something else than an answer costs its request a 500.',
  },
});

/** A policy of one's own. */
export const functionBalancerDirectives = directives({
  balancer: {
    name: 'balancer',
    contexts: ['upstream'],
    argument: functionArgument(),
    inherit: false,
    doc: 'In weir.config.ts only. A function that chooses the endpoint of each attempt, over the same counts that the policies see. One that throws, or chooses what cannot be used, is counted and named in the error log, and round robin chooses. It sees no request.',
  },
});

/** What functions see on the way, and their limits. */
export const functionDirectives = directives({
  requestFilters: {
    name: 'request_filter',
    contexts: HTTP_SERVER_LOCATION,
    argument: functionArgument(),
    repeat: true,
    doc: 'In weir.config.ts only. A function that sees each request before it is passed on or answered (by `return` excepted, which comes first). It may change fields, and answer in place of what follows. Several run in the order of the file.',
  },
  responseFilters: {
    name: 'response_filter',
    contexts: HTTP_SERVER_LOCATION,
    argument: functionArgument(),
    repeat: true,
    doc: 'In weir.config.ts only. A function that may change the head of each response, whoever made it. It cannot wait: a promise is an error.',
  },
  responseBody: {
    name: 'response_body',
    contexts: HTTP_SERVER_LOCATION,
    argument: functionArgument(),
    doc: 'In weir.config.ts only. A function that gets the whole body of an endpoint’s response, at most `function_body_size`, and gives another one. Nothing leaves before it has; a longer body is a 500.',
  },
  timeoutMs: {
    name: 'function_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'Weir only. How long a handler or filter may take for an answer, and for each piece of one that it streams; then the request gets a 504.',
  },
  bodyBytes: {
    name: 'function_body_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '1m' }),
    doc: 'Weir only. The longest body that a function may read; a longer one is a 413.',
  },
});

/** Variables that functions give values. */
export const functionVariableDirectives = directives({
  variables: {
    name: 'variable',
    contexts: ['http'],
    argument: custom({
      usage: '$name function',
      minWords: 2,
      maxWords: 2,
      parse: parseVariable,
    }),
    repeat: true,
    inherit: false,
    doc: 'In weir.config.ts only. A variable whose value a function works out, once per request and when it is first asked for. A function that throws gives no value.',
  },
});

export type FunctionSettings = SettingsOf<typeof functionDirectives>;

/** `variable`. */
export interface FunctionVariable {
  /** Lower case, without "$". */
  readonly name: string;
  readonly ref: FunctionRef;
}

function parseFunction([word]: readonly Word[], context: ParseContext): FunctionRef | undefined {
  if (word === undefined) return undefined;
  const ref = context.tools.functionAt?.(word.text);
  if (ref !== undefined) return ref;
  const message = `"${context.node.name}" takes a function, which only weir.config.ts has`;
  const advice = 'start Weir with "-c weir.config.ts"; it may include this file';
  context.problems.emerg(placeOfWord(context.node, word), message, advice);
  return undefined;
}

function parseVariable(
  [nameWord, functionWord]: readonly Word[],
  context: ParseContext,
): FunctionVariable | undefined {
  if (nameWord === undefined || functionWord === undefined) return undefined;
  const ref = parseFunction([functionWord], context);
  const name = /^\$([a-z_]\w*)$/i.exec(nameWord.text)?.[1];
  if (name === undefined) {
    const advice = 'it goes on with letters, digits or "_"';
    const message = `invalid variable name "${nameWord.text}"`;
    context.problems.emerg(placeOfWord(context.node, nameWord), message, advice);
  }
  if (name === undefined || ref === undefined) return undefined;
  return { name: name.toLowerCase(), ref };
}
