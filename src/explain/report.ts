/** An explanation as people read it. */

import type { Place } from '#src/schema/problem.ts';
import { where } from './directive-index.ts';
import type {
  AttemptEvent,
  Explanation,
  LocationEvent,
  PickEvent,
  SentField,
  ServerEvent,
  StepEvent,
  TraceEvent,
} from './trace.ts';

/** Where the text of a line begins, behind what it is about. */
const INDENT = 10;
/** Where places stand, if the text leaves room. */
const PLACE_COLUMN = 72;
/** Longer bodies, and pages, are not shown. */
const MAX_BODY_CHARS = 200;
/** Locations that are not like the path: so many are named. */
const MAX_UNLIKE = 5;
/** Endpoints of an upstream: so many are shown, and the one that was picked. */
const MAX_CANDIDATES = 16;
/** Names of a server: so many are shown. */
const MAX_NAMES = 5;

/** Lines that end in a newline. Places are named from `folder`. */
export function report(explanation: Explanation, folder: string): string {
  const page = new Page(folder);
  const { answer, events, listener, request } = explanation;
  const host = request.fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  page.line('request', `${request.method} ${request.target}, Host ${host}, from ${request.from}`);
  page.line('listener', listener.key, listener.place);
  const others = listener.others.length > 0 ? `; or is it ${listener.others.join(', ')}?` : '';
  page.reason(`${listener.because}${others}`);
  for (const event of events) tell(event, page);
  tellVariables(events, page);
  tellErrorPages(explanation, page);
  if (answer === undefined) {
    page.line('answer', 'none: the connection is closed');
    if (explanation.failure !== '') page.reason(explanation.failure);
  } else tellAnswer(explanation, page);
  return page.text;
}

/** Lines with what they are about in front and where it stands behind. */
class Page {
  text = '';
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `at`: where it stands, or where it comes from in words. */
  line(about: string, text: string, at?: Place | string): void {
    const start = `${about.padEnd(INDENT)} ${printable(text)}`;
    const end = at === undefined ? '' : `  ${typeof at === 'string' ? at : this.where(at)}`;
    this.text += `${end === '' ? start : start.padEnd(PLACE_COLUMN)}${end}\n`;
  }

  reason(text: string): void {
    this.line('', text);
  }

  where(place: Place): string {
    return where(place, this.#folder);
  }
}

/** What came from outside may hold commands for a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function tell(event: TraceEvent, page: Page): void {
  switch (event.kind) {
    case 'server':
      tellServer(event, page);
      break;
    case 'location':
      tellLocation(event, page);
      break;
    case 'step':
      tellStep(event, page);
      break;
    case 'page':
      page.line('error page', event.text, event.place);
      page.reason(`it answers: ${event.target}`);
      break;
    case 'pick':
      tellPick(event, page);
      break;
    case 'attempt':
      tellAttempt(event, page);
      break;
    case 'function':
      page.line('function', event.text, event.place);
      break;
    case 'fault':
      page.line('fault', event.text, event.place);
      page.reason(event.because);
      break;
    case 'try':
    case 'variable':
      break; // tries are there in a Weir that serves; variables are told together
  }
}

function tellServer(event: ServerEvent, page: Page): void {
  const { chosen, names, others, unlike, unlikeCount } = event;
  const shown = names.slice(0, MAX_NAMES).map((name) => name || '""');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  page.line('server', `${shown.join(' ')}${more}`, chosen.place);
  page.reason(chosen.because);
  for (const { because, place } of [...others, ...unlike]) {
    page.reason(`not ${page.where(place)}: ${because}`);
  }
  const silent = unlikeCount - unlike.length;
  if (silent > 0) page.reason(`nor ${silent} more, for the same reason`);
}

function tellLocation(event: LocationEvent, page: Page): void {
  const { chosen, others, unlike, unlikeCount } = event;
  page.line('location', chosen.text, chosen.place);
  page.reason(chosen.because);
  for (const { because, place, text } of others) {
    page.reason(`not ${text} (${page.where(place)}): ${because}`);
  }
  if (unlikeCount > 0) {
    const first = unlike.slice(0, MAX_UNLIKE).map(({ place, text }) => {
      return `${text.replace(/^location /, '')} (${page.where(place)})`;
    });
    const more = unlikeCount > first.length ? ` and ${unlikeCount - first.length} more` : '';
    page.reason(`unlike the path: ${first.join(', ')}${more}`);
  }
  if (event.lacksSlash) page.reason('the path lacks the "/" of a proxied location: 301 to it');
}

const OUTCOMES: Readonly<Record<StepEvent['outcome'], string>> = {
  taken: '✓',
  passed: '✗',
  unreached: '-',
};

function tellStep({ depth, outcome, place, result, text }: StepEvent, page: Page): void {
  const inside = '  '.repeat(depth);
  const end = outcome === 'unreached' ? ' (not reached)' : '';
  page.line('', `${inside}${OUTCOMES[outcome]} ${text}${end}`, place);
  if (result !== '') page.reason(`${inside}  → ${result}`);
}

function tellPick(
  { candidates, means, policy, upstream, upstreamAt }: PickEvent,
  page: Page,
): void {
  page.line('upstream', upstream, upstreamAt);
  page.reason(`by ${policy}${means === '' ? '' : `: the least ${means}`}`);
  const told = candidates.slice(0, MAX_CANDIDATES);
  for (const candidate of candidates) {
    if (!told.includes(candidate) && !candidate.isPicked) continue;
    const { because, endpoint, isPicked, score, tie } = candidate;
    const figure = score === undefined ? '' : ` ${figureOf(score)}`;
    const turn = tie === undefined ? '' : ` (${figureOf(tie)})`;
    page.reason(`${isPicked ? '✓' : '✗'} ${endpoint}${figure}${turn}: ${because}`);
  }
  const silent = candidates.length - told.length;
  if (silent > 0) page.reason(`and ${silent} more`);
}

/** Six digits tell figures apart, and no more can be read. */
function figureOf(figure: number): string {
  return String(Number(figure.toPrecision(6)));
}

function tellAttempt(event: AttemptEvent, page: Page): void {
  const { body, dropped, fields, isRefused } = event;
  if (isRefused) {
    page.reason(`${event.endpoint} refuses the connection`);
    return;
  }
  page.line('sent', `${event.method} ${event.target} ${event.protocol}`);
  for (const field of fields) page.line('', `${field.name}: ${field.value}`, source(field, page));
  if (dropped.length > 0) page.reason(`(does not go on: ${dropped.join(', ')})`);
  if (body !== '') page.reason(shortened(body));
}

function source({ at, source }: SentField, page: Page): string {
  if (at !== undefined) return page.where(at.place);
  return source === 'client' ? 'from the client' : 'by Weir';
}

function tellVariables(events: readonly TraceEvent[], page: Page): void {
  let about = 'variables';
  for (const { definedAt, name, value } of events.filter((event) => event.kind === 'variable')) {
    page.line(about, `$${name} = ${value === undefined ? '(none)' : `"${value}"`}`, definedAt);
    about = '';
  }
}

function tellErrorPages({ errorPages }: Explanation, page: Page): void {
  let about = 'on errors';
  for (const { place, text } of errorPages) {
    page.line(about, text, place);
    about = '';
  }
}

/** Of an endpoint's answer its own fields and body were pretended. */
function tellAnswer(explanation: Explanation, page: Page): void {
  const { answer, failure, isFromEndpoint, location } = explanation;
  if (answer === undefined) return;
  const start = `${answer.status} ${answer.reason}`;
  if (isFromEndpoint) page.line('answer', "the endpoint's; were it this one:");
  page.line(isFromEndpoint ? '' : 'answer', start, location?.place);
  if (failure !== '') page.reason(`because ${failure}`);
  for (const [name, value] of answer.fields) {
    if (!OF_EVERY_ANSWER.has(name.toLowerCase())) page.reason(`${name}: ${value}`);
  }
  if (answer.body !== '') page.reason(shortened(answer.body));
}

/** Nobody asks for these. */
const OF_EVERY_ANSWER: ReadonlySet<string> = new Set([
  'server',
  'date',
  'connection',
  'content-length',
]);

function shortened(body: string): string {
  const text = Buffer.from(body, 'latin1').toString().trimEnd().replace(/\r?\n/g, `\\n`);
  const isShown = text.length <= MAX_BODY_CHARS && !text.startsWith('<');
  return isShown ? text : `(a body of ${body.length} bytes)`;
}
