/** A `match` block at work: what is wrong with an answer, in words; undefined when nothing is. */
import type { ResponseHead } from '#src/http/message.ts';
import { compilePattern, type Pattern } from '#src/pattern/pattern.ts';
import type { HeaderTest, MatchConfig, StatusTest, TextTest } from './check-config.ts';

/** Without a `match`. */
const USUAL_STATUS: StatusTest = { isNot: false, ranges: [[200, 399]] };

interface CompiledHeader extends HeaderTest {
  readonly pattern: Pattern | undefined;
}

interface CompiledBody {
  readonly pattern: Pattern;
  readonly isNot: boolean;
}

/** The tests of one check, ready. */
export class MatchTest {
  readonly #status: StatusTest | null;
  readonly #headers: readonly CompiledHeader[];
  readonly #degradedStatuses: readonly StatusTest[];
  readonly #degradedHeaders: readonly CompiledHeader[];
  readonly #degradedBodies: readonly CompiledBody[];
  readonly #bodies: readonly CompiledBody[];
  readonly #required: readonly string[];
  readonly #send: string;
  readonly #expectText: string;
  readonly #expectPattern: Pattern | undefined;

  /** @param config of the model, so its expressions are good ones */
  constructor(config: MatchConfig | null) {
    this.#status = config === null ? USUAL_STATUS : config.status;
    this.#headers = (config?.headers ?? []).map(compiledHeader);
    this.#bodies = (config?.bodies ?? []).map(compiledBody);
    const degraded = config?.degraded ?? [];
    this.#degradedStatuses = degraded.flatMap((one) => (one.of === 'status' ? [one.test] : []));
    this.#degradedHeaders = degraded.flatMap((one) => {
      return one.of === 'header' ? [compiledHeader(one.test)] : [];
    });
    this.#degradedBodies = degraded.flatMap((one) => {
      return one.of === 'body' ? [compiledBody(one.test)] : [];
    });
    this.#required = config?.required ?? [];
    this.#send = config?.send ?? '';
    const expect = config?.expect ?? null;
    this.#expectText = expect?.kind === 'text' ? expect.text : '';
    this.#expectPattern =
      expect?.kind === 'pattern' ? compiled(expect.text, expect.caseless) : undefined;
  }

  get needsBody(): boolean {
    return this.#bodies.length > 0 || this.#degradedBodies.length > 0;
  }

  /** What `tcp` sends; ''. */
  get send(): string {
    return this.#send;
  }

  get expectsData(): boolean {
    return this.#expectText !== '' || this.#expectPattern !== undefined;
  }

  /** Of everything but the body. */
  headProblem(head: ResponseHead): string | undefined {
    if (this.#status !== null && !hasStatus(this.#status, head.status)) {
      return `status ${head.status}`;
    }
    for (const test of this.#headers) {
      if (!hasHeader(test, head)) return `header "${test.name}" did not match`;
    }
    for (const name of this.#required) {
      const value = valueOf(name, head);
      if (value === '' || value === '0') return `required variable "$${name}" is "${value}"`;
    }
    return undefined;
  }

  /** Of the body, whole or its first 256k; one char per byte. */
  bodyProblem(body: string): string | undefined {
    const isGood = this.#bodies.every(({ isNot, pattern }) => pattern.test(body) !== isNot);
    return isGood ? undefined : 'body did not match';
  }

  /** Of an answer that passes: whether it says that the endpoint can do less than usual. */
  isDegraded(head: ResponseHead, body: string): boolean {
    return (
      saysDegraded(head) ||
      this.#degradedStatuses.some((test) => hasStatus(test, head.status)) ||
      this.#degradedHeaders.some((test) => hasHeader(test, head)) ||
      this.#degradedBodies.some(({ isNot, pattern }) => pattern.test(body) !== isNot)
    );
  }

  /** Of what a `tcp` server has sent so far: `more` may make it good. One char per byte. */
  expected(data: string): 'yes' | 'no' | 'more' {
    if (this.#expectPattern !== undefined) return this.#expectPattern.test(data) ? 'yes' : 'more';
    const text = this.#expectText;
    if (data.startsWith(text)) return 'yes';
    return text.startsWith(data) ? 'more' : 'no';
  }
}

/** Said by endpoints of themselves, in our word and in Envoy's. */
const DEGRADED_FIELDS: readonly string[] = ['x-weir-degraded', 'x-envoy-degraded'];
const NOT_DEGRADED: readonly string[] = ['', '0', 'false'];

function saysDegraded({ fields }: ResponseHead): boolean {
  for (let index = 0; index < fields.count; index++) {
    if (!DEGRADED_FIELDS.some((name) => fields.nameEquals(index, name))) continue;
    if (!NOT_DEGRADED.includes(fields.valueAt(index).toLowerCase())) return true;
  }
  return false;
}

function compiledHeader(test: HeaderTest): CompiledHeader {
  return { ...test, pattern: test.kind === 'matches' ? compiled(test.text, false) : undefined };
}

function compiledBody({ isNot, pattern }: TextTest): CompiledBody {
  return { pattern: compiled(pattern, false), isNot };
}

function compiled(source: string, caseless: boolean): Pattern {
  const pattern = compilePattern(source, { caseless });
  if ('problem' in pattern) throw new Error(`regular expression "${source}": ${pattern.problem}`);
  return pattern;
}

function hasStatus({ isNot, ranges }: StatusTest, status: number): boolean {
  return ranges.some(([first, last]) => status >= first && status <= last) !== isNot;
}

function hasHeader(
  { isNot, kind, name, pattern, text }: CompiledHeader,
  head: ResponseHead,
): boolean {
  const { fields } = head;
  let isFound = false;
  for (let index = 0; index < fields.count && !isFound; index++) {
    if (!fields.nameEquals(index, name)) continue;
    const value = fields.valueAt(index);
    isFound = kind === 'exists' || (kind === 'is' ? value === text : pattern?.test(value) === true);
  }
  return isFound !== isNot;
}

/** `$upstream_http_x_y` is the field `X-Y`, as in nginx. */
function valueOf(name: string, head: ResponseHead): string {
  if (!name.startsWith('upstream_http_')) return String(head.status);
  const wanted = name.slice('upstream_http_'.length);
  const { fields } = head;
  for (let index = 0; index < fields.count; index++) {
    if (fields.nameAt(index).toLowerCase().replaceAll('-', '_') === wanted) {
      return fields.valueAt(index);
    }
  }
  return '';
}
