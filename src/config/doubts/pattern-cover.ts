/**
 * What can be proved of two regular expressions over paths, or of one and a prefix: that whatever the
 * one takes, the other takes too. "No" means "not proved". Line breaks inside a path are left out of
 * account: `.` stands for every character.
 */
import { NOT_NEWLINE } from '#src/pattern/byte-set.ts';
import { parsePattern } from '#src/pattern/parser.ts';
import { contains, isNullable, type Node } from '#src/pattern/syntax.ts';

/** The branches of a pattern, each a flat list of nodes; undefined: too many to look at. */
export type Branches = readonly (readonly Node[])[] | undefined;

const MAX_BRANCHES = 64;

/** The branches of a pattern that compiles. */
export function branchesOf(source: string, caseless: boolean): Branches {
  return expand(parsePattern(source, caseless).root);
}

function expand(node: Node): Branches {
  switch (node.kind) {
    case 'capture':
      return expand(node.body);
    case 'choice': {
      const branches = node.branches.map(expand);
      if (branches.some((one) => one === undefined)) return undefined;
      return bounded(branches.flatMap((one) => one ?? []));
    }
    case 'sequence': {
      let all: Branches = [[]];
      for (const item of node.items) {
        const ends = expand(item);
        if (all === undefined || ends === undefined) return undefined;
        const starts: readonly (readonly Node[])[] = all;
        if (starts.length * ends.length > MAX_BRANCHES) return undefined;
        all = starts.flatMap((start) => ends.map((end) => [...start, ...end]));
      }
      return all;
    }
    default:
      return [[node]];
  }
}

function bounded(branches: readonly (readonly Node[])[]): Branches {
  return branches.length > MAX_BRANCHES ? undefined : branches;
}

/** Every path that begins with `prefix` matches one of the branches. */
export function takesPrefix(branches: Branches, prefix: string): boolean {
  const bytes = Buffer.from(prefix, 'utf8');
  return branches?.some((branch) => branchTakesPrefix(branch, bytes)) === true;
}

function branchTakesPrefix(branch: readonly Node[], prefix: Buffer): boolean {
  let at = 0;
  let items = isAnchored(branch) ? branch.slice(1) : branch;
  for (let [first] = items; first?.kind === 'set' && at < prefix.length; [first] = items) {
    if (first.set[prefix[at] as number] !== 1) return false;
    at++;
    items = items.slice(1);
  }
  const [first] = items;
  // `.+` has its one character when something of the prefix is left.
  if (first !== undefined && isDots(first) && first.min <= 1 && at < prefix.length) {
    items = [{ ...first, min: 0 }, ...items.slice(1)];
  }
  return takesAnything(items);
}

/** Whatever follows, these match at once. */
function takesAnything(items: readonly Node[]): boolean {
  const others = items.filter((item) => !isEnd(item));
  const isFree = others.every((item) => {
    return (
      isNullable(item) && !contains(item, ({ kind }) => kind === 'assertion' || kind === 'look')
    );
  });
  if (!isFree) return false;
  return others.length === items.length || others.some((item) => isDots(item));
}

function isDots(node: Node): node is Extract<Node, { kind: 'repeat' }> {
  if (node.kind !== 'repeat' || node.max !== Number.POSITIVE_INFINITY) return false;
  const { body } = node.body.kind === 'capture' ? node.body : node;
  return body.kind === 'set' && isWithin(NOT_NEWLINE, body.set);
}

/** Every text that one of `inner` matches, one of `outer` matches as well. */
export function covers(outer: Branches, inner: Branches): boolean {
  if (outer === undefined || inner === undefined) return false;
  return inner.every((branch) => outer.some((one) => coversBranch(one, branch)));
}

function coversBranch(outer: readonly Node[], inner: readonly Node[]): boolean {
  if (coversByStart(outer, inner)) return true;
  const [last] = outer.slice(-1);
  if (last === undefined || !isEnd(last) || isAnchored(outer)) return false;
  // `\.php$` over `^/x/.*\.php$`: the same end, and before it at least as much.
  const tail = outer.slice(0, -1);
  const [innerLast] = inner.slice(-1);
  if (innerLast?.kind !== 'assertion' || last.kind !== 'assertion') return false;
  if (innerLast.name !== last.name || tail.length >= inner.length) return false;
  const innerTail = inner.slice(-1 - tail.length, -1);
  return tail.every((item, i) => isCovered(innerTail[i], item));
}

/** `^/api` over `^/api/v1/.+`. */
function coversByStart(outer: readonly Node[], inner: readonly Node[]): boolean {
  if (!isAnchored(inner)) return takesAnything(outer);
  let items = isAnchored(outer) ? outer.slice(1) : outer;
  for (const item of inner.slice(1)) {
    const [first] = items;
    if (first?.kind !== 'set') break;
    if (!isCovered(item, first)) return false;
    items = items.slice(1);
  }
  return takesAnything(items);
}

function isCovered(inner: Node | undefined, outer: Node): boolean {
  return inner?.kind === 'set' && outer.kind === 'set' && isWithin(inner.set, outer.set);
}

/** Whatever matches begins with `prefix`. */
export function staysUnder(branches: Branches, prefix: string): boolean {
  const bytes = Buffer.from(prefix, 'utf8');
  return (
    branches?.every((branch) => {
      if (!isAnchored(branch)) return false;
      return bytes.every((byte, i) => {
        const item = branch[i + 1];
        return item?.kind === 'set' && item.set.every((cell, at) => cell === 0 || at === byte);
      });
    }) === true
  );
}

function isWithin(inner: Uint8Array, outer: Uint8Array): boolean {
  return inner.every((cell, byte) => cell === 0 || outer[byte] === 1);
}

function isAnchored([first]: readonly Node[]): boolean {
  return first?.kind === 'assertion' && first.name === 'start';
}

function isEnd(node: Node): boolean {
  return node.kind === 'assertion' && (node.name === 'end' || node.name === 'end-or-newline');
}
