/** The fields of a head as functions see and change them. */
import { HIDDEN_IDS } from '#src/http/field-edits.ts';
import { F_CONNECTION, fieldIdOf, KNOWN_FIELDS } from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP, MAX_FIELDS } from '#src/http/header-map.ts';
import type { HeaderFields } from './contexts.ts';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: what would end the field, or is no text; and what is no byte. */
const UNCLEAN = /[\0-\x08\x0a-\x1f\x7f\u0100-\uffff]/;
/** They say where a message ends, or belong to one connection. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of responses: see `server_tokens`. */
export const OURS_IN_RESPONSES: readonly string[] = ['date', 'server'];

/** Gives the head, or throws when its request has ended. */
export type HeadOf = (what: string) => HeaderMap;

/** @throws TypeError that says what is wrong with the field */
export function checkField(name: string, value: string): void {
  checkName(name);
  checkValue(name, value);
}

/** @throws TypeError when it cannot be the value of a field; `name` is for the message */
export function checkValue(name: string, value: string): void {
  if (typeof value !== 'string') throw new TypeError(`the value of "${name}" is no string`);
  if (!UNCLEAN.test(value)) return;
  throw new TypeError(`the value of "${name}" holds a control character or one beyond Latin-1`);
}

function checkName(name: string): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw new TypeError(`"${String(name)}" is not the name of a field`);
  }
  if (OURS.has(name.toLowerCase())) {
    throw new TypeError(`"${name}" is written by Weir itself`);
  }
}

/** Fields over a head; those of the names `kept` (lower case) cannot be changed. */
export class EditableFields implements HeaderFields {
  readonly #headOf: HeadOf;
  readonly #kept: ReadonlySet<string>;

  constructor(headOf: HeadOf, kept: readonly string[] = []) {
    this.#headOf = headOf;
    this.#kept = new Set(kept);
  }

  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    const values = this.entries().filter(([other]) => other.toLowerCase() === lower);
    return values.length === 0 ? undefined : values.map(([, value]) => value).join(', ');
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    const head = this.#headOf('headers');
    const found: [string, string][] = [];
    for (let index = 0; index < head.count; index++) {
      if ((head.marksAt(index) & MARK_DROP) !== 0 && !isHop(head, index)) continue;
      found.push([head.nameAt(index), head.valueAt(index)]);
    }
    return found;
  }

  set(name: string, value: string): void {
    checkField(name, value);
    this.delete(name);
    this.append(name, value);
  }

  append(name: string, value: string): void {
    this.#mayChange(name);
    checkField(name, value);
    const head = this.#headOf('headers');
    if (head.count >= MAX_FIELDS) throw new RangeError(`a head has at most ${MAX_FIELDS} fields`);
    const id = fieldIdOf(name);
    // Id 0: what is set here goes on, also where the endpoint's field of that name does not.
    head.append(HIDDEN_IDS.includes(id) ? 0 : id, name, value);
  }

  delete(name: string): void {
    this.#mayChange(name);
    const head = this.#headOf('headers');
    const lower = name.toLowerCase();
    for (let index = 0; index < head.count; index++) {
      if (head.nameEquals(index, lower)) head.mark(index, MARK_DROP);
    }
  }

  #mayChange(name: string): void {
    checkName(name);
    if (!this.#kept.has(name.toLowerCase())) return;
    throw new TypeError(`"${name}" cannot be changed here: Weir writes it itself`);
  }
}

/** Fields of the connection do not go on, but were sent. */
function isHop(head: HeaderMap, index: number): boolean {
  return head.idAt(index) === F_CONNECTION || OURS.has(KNOWN_FIELDS[head.idAt(index)] ?? '');
}
