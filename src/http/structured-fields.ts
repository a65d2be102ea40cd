/** Structured fields (RFC 9651) that we write: lists of strings and tokens with parameters. */

/** A token stands as it is; a text becomes a string, or where it is not ASCII a display string. */
export type BareItem = number | boolean | string | { readonly token: string };

/** One member of a list. What is undefined is left out, and so is `false`. */
export interface ListMember {
  readonly item: BareItem;
  /** Keys are lower case. */
  readonly parameters: Readonly<Record<string, BareItem | undefined>>;
}

/** More digits do not go into a number (RFC 9651 §3.3.1). */
const MOST_INTEGER = 999_999_999_999_999;
/** What the least of figures that are no whole number has to show; as a string: §3.3.2 rounds. */
const DIGITS = 6;

/** Of a text that may come from a client: the rest is cut off. */
const MAX_TEXT_CHARS = 500;

/** A list; texts are cut off at 500 chars, and members that make it longer than `maxChars` are counted in a last one, `more`. */
export function listOf(members: readonly ListMember[], maxChars: number): string {
  const texts: string[] = [];
  let length = 0;
  for (const [at, member] of members.entries()) {
    const text = memberText(member);
    length += text.length + 2;
    if (length > maxChars && at > 0) {
      const left = members.length - at;
      texts.push(memberText({ item: { token: 'more' }, parameters: { count: left } }));
      break;
    }
    texts.push(text);
  }
  return texts.join(', ');
}

function memberText({ item, parameters }: ListMember): string {
  const parts = Object.entries(parameters).map(([key, value]) => {
    if (value === undefined || value === false) return '';
    return value === true ? `;${key}` : `;${key}=${itemText(value)}`;
  });
  return `${itemText(item)}${parts.join('')}`;
}

function itemText(item: BareItem): string {
  if (typeof item === 'boolean') return item ? '?1' : '?0';
  if (typeof item === 'number') return numberText(item);
  return typeof item === 'string' ? textOf(item) : item.token;
}

function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= MOST_INTEGER) return String(value);
  return textOf(String(Number(value.toPrecision(DIGITS))));
}

function textOf(text: string): string {
  return escaped(text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}...` : text);
}

/** §4.1.6; with anything but printable ASCII §4.1.11. */
function escaped(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`;
  const bytes = [...Buffer.from(text, 'utf8')].map((byte) => {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x25;
    return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
  });
  return `%"${bytes.join('')}"`;
}
