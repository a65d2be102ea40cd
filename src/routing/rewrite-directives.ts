/** The directives of nginx's rewrite module, `return` apart. */

import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, custom, flag, nothing, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import {
  type CapturingPattern,
  directives,
  HTTP_SERVER_LOCATION,
  type ParseContext,
} from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { type Condition, parseCondition } from './condition.ts';
import type { Replacement, RewriteStep, SetArgsStep, SetStep } from './rewrite-steps.ts';

/** `rewrite_log`, of every level that has something to run. */
export const rewriteLogDirectives = directives({
  isLogged: {
    name: 'rewrite_log',
    contexts: [...HTTP_SERVER_LOCATION, 'server-if', 'location-if'],
    argument: flag({ default: 'off' }),
    doc: 'Whether `rewrite` and `if` tell the error log, at level `notice`, what they found and made. What holds is the value of the `server` or `location`, also inside an `if` of it.',
  },
});

/** Where what is run in the order of the file stands. */
const CONTEXTS = ['server', 'location', 'server-if', 'location-if'] as const;

const ifArgument = custom<Condition>({
  usage: '(condition)',
  minWords: 1,
  maxWords: 5,
  parse: parseCondition,
});

const IF_DOC =
  'Runs what is in the block, and in a location takes its settings, when the condition holds: `($variable)` (neither empty nor `0`), `($variable = text)`, `!=`, `~` and `~*` (a regular expression, its captures are `$1` to `$9`), `!~`, `!~*`, `(-f path)` (a file; `-d` a directory, `-e` either, `-x` executable, `!-f` none).';

export const rewriteDirectives = directives({
  rewrite: {
    name: 'rewrite',
    contexts: CONTEXTS,
    argument: custom<RewriteStep>({
      usage: 'regex replacement [last | break | redirect | permanent]',
      minWords: 2,
      maxWords: 3,
      parse: parseRewrite,
    }),
    repeat: true,
    inherit: false,
    doc: 'Replaces the path when it matches `regex`. The query goes on behind that of the replacement, unless it ends in `?`. `last` ends these directives and looks for a location again, `break` ends them and stays; without a flag they go on. `redirect` (302), `permanent` (301), or a replacement that begins with `http://`, `https://` or `$scheme` send the client there. After 10 changes the answer is 500.',
  },
  set: {
    name: 'set',
    contexts: CONTEXTS,
    argument: custom<SetStep | SetArgsStep>({
      usage: '$variable value',
      minWords: 2,
      maxWords: 2,
      parse: parseSet,
    }),
    repeat: true,
    inherit: false,
    doc: 'Gives a variable a value. The name is known everywhere; where nothing has set it, it is empty. `$args` is the query of the request.',
  },
  break: {
    name: 'break',
    contexts: CONTEXTS,
    argument: nothing(),
    repeat: true,
    inherit: false,
    doc: 'Ends the directives `rewrite`, `set`, `if` and `return` of this level.',
  },
  ifInServer: {
    name: 'if',
    contexts: ['server'],
    argument: ifArgument,
    opens: 'server-if',
    repeat: true,
    inherit: false,
    doc: IF_DOC,
  },
  ifInLocation: {
    name: 'if',
    contexts: ['location'],
    argument: ifArgument,
    opens: 'location-if',
    repeat: true,
    inherit: false,
    doc: IF_DOC,
  },
});

const MOVED = 301;
const FOUND = 302;
/** A replacement that begins so is for the client. */
const URL_START = /^(https?:\/\/|\$scheme)/;

function parseRewrite(words: readonly Word[], context: ParseContext): RewriteStep | undefined {
  const [regex, text, last] = words;
  if (regex === undefined || text === undefined) return undefined;
  const { node, problems, tools } = context;
  const pattern: CapturingPattern<Exchange> | undefined = tools.compilePattern?.(
    regex.text,
    false,
    placeOfWord(node, regex),
    problems,
  );
  const meaning = meaningOf(last, text, context);
  if (pattern === undefined || meaning === undefined) return undefined;
  const replacement = parseReplacement(text, meaning.status !== 0, context);
  return replacement && { kind: 'rewrite', regex: regex.text, pattern, replacement, ...meaning };
}

function meaningOf(
  word: Word | undefined,
  text: Word,
  context: ParseContext,
): Pick<RewriteStep, 'flag' | 'status'> | undefined {
  const usual = URL_START.test(text.text) ? FOUND : 0;
  switch (word?.text) {
    case undefined:
      return { flag: 'none', status: usual };
    case 'last':
    case 'break':
      return { flag: word?.text === 'last' ? 'last' : 'break', status: usual };
    case 'redirect':
      return { flag: 'none', status: FOUND };
    case 'permanent':
      return { flag: 'none', status: MOVED };
    default:
      return reportInvalid(
        context,
        word as Word,
        'parameter',
        'known are last, break, redirect and permanent',
      );
  }
}

function parseReplacement(
  word: Word,
  isRedirect: boolean,
  context: ParseContext,
): Replacement | undefined {
  const keepsQuery = !word.text.endsWith('?');
  const text = keepsQuery ? word.text : word.text.slice(0, -1);
  const queryAt = text.indexOf('?');
  const compile = (part: string): ComplexValue<Exchange> | undefined => {
    return compileWord<Exchange>({ ...word, text: part }, context);
  };
  const path = compile(isRedirect || queryAt < 0 ? text : text.slice(0, queryAt));
  const query = isRedirect || queryAt < 0 ? undefined : compile(text.slice(queryAt + 1));
  if (path === undefined || (query === undefined && !isRedirect && queryAt >= 0)) return undefined;
  return { path, query, hasQuery: queryAt >= 0, keepsQuery };
}

function parseSet(
  words: readonly Word[],
  context: ParseContext,
): SetStep | SetArgsStep | undefined {
  const [name, text] = words;
  if (name === undefined || text === undefined) return undefined;
  const { node, problems, tools } = context;
  const value = compileWord<Exchange>(text, context);
  if (!/^\$[a-z0-9_]+$/i.test(name.text)) {
    return reportInvalid(context, name, 'variable name', 'write $name');
  }
  if (name.text.toLowerCase() === '$args') return value && { kind: 'set-args', value };
  const slot = tools.slotOf?.(name.text.slice(1).toLowerCase(), placeOfWord(node, name), problems);
  return slot === undefined || value === undefined ? undefined : { kind: 'set', slot, value };
}
