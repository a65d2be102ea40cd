/** An engine that backtracks and remembers nothing, as JavaScript's does, and counts its steps. */
import {
  CONDITIONS,
  OP_ASSERT,
  OP_BACK,
  OP_JOIN,
  OP_JUMP,
  OP_LOOK,
  OP_MATCH,
  OP_SAVE,
  OP_SET,
  OP_SPLIT,
  OP_TABLE,
  type Program,
} from './program.ts';

/** The steps until the program matches somewhere in the text, or nowhere; at most `limit`. */
export function stepsOfBacktracking(
  program: Program,
  text: string,
  isAnchored: boolean,
  limit: number,
): number {
  const count = { steps: 0, limit };
  for (let start = 0; start <= (isAnchored ? 0 : text.length); start++) {
    if (run(program, text, 0, start, count) || count.steps >= limit) break;
  }
  return count.steps;
}

interface Count {
  steps: number;
  readonly limit: number;
}

function run(
  program: Program,
  text: string,
  startPc: number,
  start: number,
  count: Count,
): boolean {
  const { ops, sets, tables, x, y } = program;
  /** Where to go on when this fails: instruction and position, in turns. */
  const choices = [startPc, start];
  while (choices.length > 0 && count.steps < count.limit) {
    let position = choices.pop() ?? 0;
    let pc = choices.pop() ?? 0;
    for (let goesOn = true; goesOn && count.steps < count.limit; ) {
      count.steps++;
      const [target = 0, other = 0] = [x[pc], y[pc]];
      const code = position < text.length ? text.charCodeAt(position) : -1;
      switch (ops[pc]) {
        case OP_MATCH:
          return true;
        case OP_SET:
          goesOn = code >= 0 && sets[target + code] === 1;
          position++;
          pc++;
          break;
        case OP_SPLIT:
          choices.push(other, position);
          pc = target;
          break;
        case OP_TABLE:
          pc = code < 0 ? -1 : (tables[target + code] ?? -1);
          goesOn = pc >= 0;
          break;
        case OP_JUMP:
          pc = target;
          break;
        case OP_BACK:
          position -= target;
          goesOn = position >= 0;
          pc++;
          break;
        case OP_LOOK:
          goesOn = run(program, text, pc + 1, position, count) === (other === 0);
          pc = target;
          break;
        case OP_ASSERT:
          goesOn = holds(target, text, position);
          pc++;
          break;
        case OP_SAVE:
        case OP_JOIN:
          count.steps--; // nothing that an engine without these instructions would do
          pc++;
          break;
      }
    }
  }
  return false;
}

function holds(condition: number, text: string, position: number): boolean {
  const [before, behind] = [text.slice(Math.max(0, position - 1), position), text.slice(position)];
  switch (CONDITIONS[condition]) {
    case 'start':
      return position === 0;
    case 'line-start':
      return position === 0 || (before === '\n' && behind !== '');
    case 'end':
      return behind === '';
    case 'end-or-newline':
      return behind === '' || behind === '\n';
    case 'line-end':
      return behind === '' || behind.startsWith('\n');
    case 'word-edge':
      return /\w/.test(before) !== /^\w/.test(behind);
    default:
      return /\w/.test(before) === /^\w/.test(behind);
  }
}
