/** The words of `proxy_store` and `proxy_store_access`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';

/** Where answers are kept: a path of one char per byte; `off`: nowhere. */
export type StoreArgument = 'off' | ComplexValue<Exchange>;

/** Not one of the folders below, nor a path at all. */
export const UNSAFE_PATH = /(?:^|\/)\.\.(?:\/|$)|\0|\/$|^(?!\/)/;

/** Reads `proxy_store path | off`; undefined after reporting what is wrong. */
export function parseStore(
  [word]: readonly Word[],
  context: ParseContext,
): StoreArgument | undefined {
  if (word === undefined) return undefined;
  if (word.text === 'off') return 'off';
  if (word.text === 'on') {
    const advice = 'write where to: proxy_store /path$uri (there is no "root" yet)';
    return reportNotBuilt('"proxy_store on"', word, context, advice);
  }
  const advice = 'write a path below some folder, such as /path$uri';
  if (word.text === '' || /(?:^|\/)\.\.(?:\/|$)/.test(word.text)) {
    return reportInvalid(context, word, 'path', advice);
  }
  // A path that begins with a variable is looked at when it is known.
  const text = word.text.startsWith('$') ? word.text : context.tools.resolvePath(word.text);
  const value = compileWord<Exchange>({ ...word, text }, context);
  if (value?.constant === undefined || !UNSAFE_PATH.test(value.constant)) return value;
  return reportInvalid(context, word, 'path', advice);
}

const WHO: Readonly<Record<string, number>> = { user: 6, group: 3, all: 0 };
const RIGHTS: Readonly<Record<string, number>> = { rw: 0o6, r: 0o4 };
const OWNER = 0o600;

/** Reads `proxy_store_access users:permissions …`; the mode of a file. */
export function parseStoreAccess(
  words: readonly Word[],
  context: ParseContext,
): number | undefined {
  let mode = OWNER;
  for (const word of words) {
    const [, who = '', what = ''] = /^(user|group|all):(rw|r)$/.exec(word.text) ?? [];
    const shift = WHO[who];
    const right = RIGHTS[what];
    if (shift === undefined || right === undefined) {
      return reportInvalid(context, word, 'value', 'user, group or all, then :rw or :r');
    }
    mode |= right << shift;
  }
  return mode;
}

/** nginx: whoever may read a file may enter the folders that are made for it. */
export function folderMode(fileMode: number): number {
  return fileMode | ((fileMode & 0o444) >> 2);
}
