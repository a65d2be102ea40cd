/** A problem of the configuration: what, where, and what to do. */

/** Where something was written. Lines and columns count from 1; columns count UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Only the place of something that has one: what a model keeps does not hold the whole tree. */
export function placeOf({ file, line, column }: Place): Place {
  return { file, line, column };
}

/** `emerg` refuses the configuration; `warn` is probably a mistake; `notice` is information. */
export type Severity = 'emerg' | 'warn' | 'notice';

/** One finding, with the place it is about and, where we know one, what to do. */
export interface Problem extends Place {
  readonly severity: Severity;
  readonly message: string;
  readonly suggestion?: string;
}

/** The line of a log, as nginx has it: `weir: [emerg] unknown directive "lisen", did you mean … in F:3`. */
export function formatProblem(problem: Problem): string {
  return `${whatIs(problem)}${placeText(problem, problem.line > 0 ? `:${problem.line}` : '')}`;
}

/** The line for who is editing the file: with the column, `… in F:3:5`. */
export function formatProblemWithColumn(problem: Problem): string {
  const { line, column } = problem;
  if (line === 0 || column === 0) return formatProblem(problem);
  return `${whatIs(problem)}${placeText(problem, `:${line}:${column}`)}`;
}

function whatIs({ severity, message, suggestion }: Problem): string {
  return `weir: [${severity}] ${message}${suggestion === undefined ? '' : `, ${suggestion}`}`;
}

function placeText({ file }: Problem, position: string): string {
  return file === '' ? '' : ` in ${file}${position}`;
}

/** Collects the problems of one run, so that all of them can be told at once; each once. */
export class Problems {
  readonly #list: Problem[] = [];
  readonly #seen = new Set<string>();

  /** In the order in which they were found. */
  get list(): readonly Problem[] {
    return this.#list;
  }

  /** True when something found refuses the configuration. */
  get isFatal(): boolean {
    return this.#list.some((problem) => problem.severity === 'emerg');
  }

  /** The configuration cannot be used. */
  emerg(place: Place, message: string, suggestion?: string): void {
    this.#add('emerg', place, message, suggestion);
  }

  /** The configuration can be used, but probably does not say what was meant. */
  warn(place: Place, message: string, suggestion?: string): void {
    this.#add('warn', place, message, suggestion);
  }

  /** One that was found elsewhere. */
  add({ severity, message, suggestion, file, line, column }: Problem): void {
    this.#add(severity, { file, line, column }, message, suggestion);
  }

  /** Worth knowing; told by `-t` only. */
  notice(place: Place, message: string, suggestion?: string): void {
    this.#add('notice', place, message, suggestion);
  }

  #add(severity: Severity, place: Place, text: string, suggestion: string | undefined): void {
    const { file, line, column } = place;
    const message = oneLine(text);
    // A file that is included twice has its problems once.
    const key = [severity, file, line, column, message].join('\0');
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const problem = { severity, message, file, line, column };
    if (suggestion === undefined) this.#list.push(problem);
    else this.#list.push({ ...problem, suggestion: oneLine(suggestion) });
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** What was written may hold line breaks and terminal commands; a problem is one plain line. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => {
    return ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
