/** The file name patterns of `include`: `*`, `?` and `[…]`, as glob(3) takes them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** True when nginx would look for several files. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/** The files that match an absolute pattern, in byte order; none when there are none. */
export function expandPattern(pattern: string): string[] {
  let found = ['/'];
  const segments = pattern.split('/').filter((segment) => segment !== '');
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1;
    found = found.flatMap((folder) => matchesIn(folder, segment, isLast));
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function matchesIn(folder: string, segment: string, isLast: boolean): string[] {
  if (!isPattern(segment)) {
    const path = join(folder, segment);
    return exists(path) ? [path] : [];
  }
  const expression = toExpression(segment);
  return list(folder)
    .filter((name) => expression.test(name))
    .map((name) => join(folder, name))
    .filter((path) => isLast || exists(join(path, '.')));
}

/** `*.conf` → /^(?!\.)[^/]*\.conf$/; a leading dot must be written out. */
function toExpression(segment: string): RegExp {
  let source = segment.startsWith('.') ? '' : '(?!\\.)';
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at] ?? '';
    const close = char === '[' ? segment.indexOf(']', at + 2) : -1;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (close > 0) {
      const negated = segment[at + 1] === '!' || segment[at + 1] === '^';
      const members = segment.slice(at + (negated ? 2 : 1), close).replace(/[\\\]^[]/g, '\\$&');
      source += `[${negated ? '^' : ''}${members}]`;
      at = close;
    } else source += char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // `[z-a]`: a range that holds nothing matches nothing.
    return /(?!)/;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
