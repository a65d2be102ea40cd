/** Sets of bytes: what one character of a pattern may match. Text is one character per byte. */

/** 256 cells, 1 where the byte belongs to the set. Never changed once it is in a tree. */
export type ByteSet = Uint8Array;

const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const CASE = 0x20;

/** The set of the bytes that the predicate says yes to. */
export function byteSet(has: (byte: number) => boolean): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0));
}

const SINGLES = Array.from({ length: 256 }, (_, code) => byteSet((byte) => byte === code));
const FOLDED_SINGLES = SINGLES.map(foldedCase);

/** The set of one byte, or of a letter's two cases: the same object each time. */
export function singleByte(code: number, caseless: boolean): ByteSet {
  return (caseless ? FOLDED_SINGLES : SINGLES)[code] ?? NOTHING;
}

/** The set of the characters of a Latin-1 string. */
export function bytesOf(characters: string): ByteSet {
  const set = new Uint8Array(256);
  for (let at = 0; at < characters.length; at++) set[characters.charCodeAt(at)] = 1;
  return set;
}

/** All bytes that are not in the set. */
export function inverted(set: ByteSet): ByteSet {
  return set.map((cell) => 1 - cell);
}

/** Adds the second set to the first one. */
export function addTo(set: ByteSet, more: ByteSet): void {
  for (let byte = 0; byte < 256; byte++) if (more[byte] === 1) set[byte] = 1;
}

/** The set with both cases of every ASCII letter in it, as PCRE folds without UTF in the C locale. */
export function foldedCase(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let upper = UPPER_A; upper <= UPPER_Z; upper++) {
    if (set[upper] === 1 || set[upper + CASE] === 1) folded.fill(1, upper, upper + 1);
    if (folded[upper] === 1) folded[upper + CASE] = 1;
  }
  return folded;
}

/** Whether no byte is in both. */
export function areDisjoint(one: ByteSet, other: ByteSet): boolean {
  for (let byte = 0; byte < 256; byte++) if (one[byte] === 1 && other[byte] === 1) return false;
  return true;
}

/** The set as a class of a JavaScript RegExp without flags. */
export function classSource(set: ByteSet): string {
  let source = '';
  for (let from = 0; from < 256; from++) {
    if (set[from] === 0) continue;
    let to = from;
    while (to < 255 && set[to + 1] === 1) to++;
    source += from === to ? hex(from) : `${hex(from)}-${hex(to)}`;
    from = to;
  }
  return `[${source}]`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

const range = (from: string, to: string) => {
  const low = from.charCodeAt(0);
  const high = to.charCodeAt(0);
  return byteSet((byte) => byte >= low && byte <= high);
};
const union = (...sets: ByteSet[]) => byteSet((byte) => sets.some((set) => set[byte] === 1));

export const EVERYTHING: ByteSet = byteSet(() => true);
export const NOTHING: ByteSet = byteSet(() => false);
export const NEWLINE: ByteSet = bytesOf('\n');
export const NOT_NEWLINE: ByteSet = inverted(NEWLINE);
const LOWER = range('a', 'z');
const UPPER = range('A', 'Z');
const ALPHA = union(LOWER, UPPER);
const DIGIT = range('0', '9');
const ALNUM = union(ALPHA, DIGIT);
const SPACE = bytesOf(' \t\n\v\f\r');
const GRAPH = range('!', '~');

/** What `\w` is, and with it `\b`: ASCII only. */
export const WORD: ByteSet = union(ALNUM, bytesOf('_'));

const HORIZONTAL = bytesOf('\t \xa0');
const VERTICAL = bytesOf('\n\v\f\r\x85');

/** The letters that stand for a set behind a backslash (pcre2pattern(3), generic character types). */
export const ESCAPED_SETS: ReadonlyMap<string, ByteSet> = new Map([
  ['d', DIGIT],
  ['D', inverted(DIGIT)],
  ['s', SPACE],
  ['S', inverted(SPACE)],
  ['w', WORD],
  ['W', inverted(WORD)],
  ['h', HORIZONTAL],
  ['H', inverted(HORIZONTAL)],
  ['v', VERTICAL],
  ['V', inverted(VERTICAL)],
]);

/** The names of `[[:name:]]` in the C locale. */
export const POSIX_SETS: ReadonlyMap<string, ByteSet> = new Map([
  ['alpha', ALPHA],
  ['lower', LOWER],
  ['upper', UPPER],
  ['alnum', ALNUM],
  ['ascii', byteSet((byte) => byte < 128)],
  ['blank', bytesOf(' \t')],
  ['cntrl', byteSet((byte) => byte < 32 || byte === 127)],
  ['digit', DIGIT],
  ['graph', GRAPH],
  ['print', union(GRAPH, bytesOf(' '))],
  ['punct', byteSet((byte) => GRAPH[byte] === 1 && ALNUM[byte] === 0)],
  ['space', SPACE],
  ['word', WORD],
  ['xdigit', union(DIGIT, range('a', 'f'), range('A', 'F'))],
]);
