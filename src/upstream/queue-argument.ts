/** The words of `queue` and `concurrency` in an `upstream` block. */
import { compileWord, parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { MAX_QUEUE_LENGTH } from '#src/shared/queue-table.ts';
import type { ConcurrencyConfig, QueueConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** As in nginx Plus. */
const USUAL_TIMEOUT_MS = 60_000;
/** Fewer at a time, and the limit cannot tell a slow answer from a slow endpoint. */
const USUAL_MIN = 4;
/** As Envoy's. */
const USUAL_MAX = 1000;

/** Reads `number [timeout=time] [priority=$variable]`; undefined after reporting what is wrong. */
export function parseQueue(words: readonly Word[], context: ParseContext): QueueConfig | undefined {
  const [number, ...parameters] = words;
  if (number === undefined) return undefined;
  const length = parseInteger(number, context, { min: 1, max: MAX_QUEUE_LENGTH });
  let timeoutMs: number | undefined = USUAL_TIMEOUT_MS;
  let priorityText = '';
  let priority: QueueConfig['priority'] | undefined = null;
  for (const word of parameters) {
    const { name, value } = parameterOf(word);
    if (name === 'timeout') timeoutMs = parseTimeWord(value, context, { min: '1ms' });
    else if (name === 'priority' && value.text !== '') {
      priorityText = value.text;
      priority = compileWord<object>(value, context);
    } else return reportInvalid(context, word, 'parameter', 'known are timeout= and priority=');
  }
  if (length === undefined || timeoutMs === undefined || priority === undefined) return undefined;
  return { length, timeoutMs, priorityText, priority };
}

/** Reads `adaptive [min=number] [max=number]`; undefined after reporting what is wrong. */
export function parseConcurrency(
  words: readonly Word[],
  context: ParseContext,
): ConcurrencyConfig | undefined {
  const [kind, ...parameters] = words;
  if (kind === undefined) return undefined;
  if (kind.text !== 'adaptive') {
    const advice = 'it must be "adaptive"; a fixed limit is "max_conns" of "server"';
    return reportInvalid(context, kind, 'value', advice);
  }
  let min: number | undefined = USUAL_MIN;
  let max: number | undefined = USUAL_MAX;
  for (const word of parameters) {
    const { name, value } = parameterOf(word);
    if (name === 'min') min = parseInteger(value, context, { min: 1 });
    else if (name === 'max') max = parseInteger(value, context, { min: 1 });
    else return reportInvalid(context, word, 'parameter', 'known are min= and max=');
  }
  if (min === undefined || max === undefined) return undefined;
  const last = parameters.at(-1);
  if (last !== undefined && min > max) {
    return reportInvalid(context, last, 'parameter', `min (${min}) is above max (${max})`);
  }
  return { min, max };
}

function parameterOf({ column, line, text }: Word): { name: string; value: Word } {
  const equals = text.indexOf('=');
  const name = equals < 0 ? '' : text.slice(0, equals);
  return { name, value: { text: text.slice(equals + 1), line, column } };
}
