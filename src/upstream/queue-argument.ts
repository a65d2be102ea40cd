/** The words of `queue` in an `upstream` block. */
import { compileWord, parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { MAX_QUEUE_LENGTH } from '#src/shared/queue-table.ts';
import type { QueueConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** As in nginx Plus. */
const USUAL_TIMEOUT_MS = 60_000;
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

function parameterOf({ column, line, text }: Word): { name: string; value: Word } {
  const equals = text.indexOf('=');
  const name = equals < 0 ? '' : text.slice(0, equals);
  return { name, value: { text: text.slice(equals + 1), line, column } };
}
