/** Frames of `perf script`: what kind of code each is, and a name that people can read. */

/** Kinds of code, and the letter that marks each in a folded stack. */
export const FRAME_KINDS = {
  kernel: 'k',
  native: 'n',
  javascript: 'j',
  builtins: 'b',
  gc: 'g',
} as const;

/** One kind of code. `gc` is V8's collector; `builtins` is V8's own code that JavaScript calls. */
export type FrameKind = keyof typeof FRAME_KINDS;

/** One function on a stack. */
export interface Frame {
  readonly name: string;
  readonly kind: FrameKind;
}

const COLLECTOR =
  /v8::internal::(Heap::(CollectGarbage|PerformGarbage|Scavenge|MarkCompact|MinorMarkSweep)|Scaveng|MarkCompact|MinorMarkSweep|MinorGCJob|ConcurrentMarking|IncrementalMarking|Sweeper|ArrayBufferSweeper|Evacuat|YoungGenerationMark|PagePool|MemoryReducer)/;
const BUILTIN = /^(Builtins_|Builtin:|BytecodeHandler:|Stub:|Handler:)/;
/** `JS:*'#take file:///work/main/src/a/b.ts:222:8`: tier marks, name, place. */
const SCRIPT =
  /^JS:([*~^+']*)(.*?) ?((?:file:\/\/|node:|evalmachine|wasm:|\/)\S*?)?(?::\d+)?(?::\d+)?$/;

/**
 * Reads one frame, given its symbol and the object it lies in. Undefined for addresses that lie in
 * no object: those are no frames, but what was found by following a frame pointer that was none.
 */
export function describeFrame(symbol: string, object: string): Frame | undefined {
  if (object === '[kernel.kallsyms]' || /\.ko$|^\[.*\]$/.test(object)) {
    if (object === '[unknown]') return undefined;
    return { name: symbol, kind: object === '[vdso]' ? 'native' : 'kernel' };
  }
  if (symbol.startsWith('JS:')) return { name: scriptName(symbol), kind: 'javascript' };
  if (symbol.startsWith('RegExp:')) return { name: symbol, kind: 'javascript' };
  if (BUILTIN.test(symbol)) return { name: symbol.replace(BUILTIN, ''), kind: 'builtins' };
  if (/perf-\d+\.map$/.test(object)) return { name: symbol, kind: 'builtins' };
  if (symbol === '[unknown]') return { name: `[${baseName(object)}]`, kind: 'native' };
  const name = nativeName(symbol);
  return { name, kind: COLLECTOR.test(name) ? 'gc' : 'native' };
}

/** `h1-connection.ts #take`; code that is not optimised keeps its mark: ~ interpreted, ^ baseline. */
function scriptName(symbol: string): string {
  const [, tier = '', name = '', place = ''] = SCRIPT.exec(symbol) ?? [];
  const file = place.startsWith('node:') ? place : baseName(place);
  const mark = /[~^]/.exec(tier)?.[0];
  const text = `${file} ${name === '' ? '(anonymous)' : name}`.trim();
  return mark === undefined ? text : `${text} ${mark}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A C++ name without template arguments and parameter lists. */
export function nativeName(symbol: string): string {
  let text = (symbol.startsWith('_ZN') ? nestedName(symbol) : symbol).replaceAll(
    '(anonymous namespace)',
    '{anonymous}',
  );
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/<[^<>()]*>|\([^<>()]*\)/g, '');
  }
  // What is left of operators like -> or << would look like a bracket without its partner.
  return text.replace(/ const$| \[clone .*$/, '').trim() || symbol;
}

/** perf cannot read every mangled name; `_ZN2v88internal6String…` has its parts with their lengths. */
function nestedName(symbol: string): string {
  const parts: string[] = [];
  let at = symbol.startsWith('_ZNK') ? 4 : 3;
  for (;;) {
    const digits = /^\d+/.exec(symbol.slice(at))?.[0];
    if (digits === undefined) break;
    at += digits.length;
    parts.push(symbol.slice(at, at + Number(digits)));
    at += Number(digits);
  }
  return parts.length === 0 ? symbol : parts.join('::');
}
