/** Numbers with units as nginx writes them: `30s`, `1h 30m`, `500ms`, `8k`, `1g`. */

const MS_PER: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  M: 30 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};

/** Longest first; each unit may appear once, in this order (`1h 30m`, never `30m 1h`). */
const TIME_UNITS = ['y', 'M', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/** nginx's time syntax; a number without a unit counts seconds. Milliseconds, or undefined. */
export function parseTime(text: string): number | undefined {
  const part = /(\d+)(ms|[yMwdhms])? */y;
  let totalMs = 0;
  let lastUnit = -1;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match?.[1] === undefined) return undefined;
    const unit = TIME_UNITS.indexOf((match[2] ?? 's') as (typeof TIME_UNITS)[number]);
    if (unit <= lastUnit) return undefined;
    lastUnit = unit;
    totalMs += Number(match[1]) * (MS_PER[match[2] ?? 's'] ?? Number.NaN);
    at = part.lastIndex;
  }
  if (lastUnit < 0 || text.endsWith(' ')) return undefined;
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** Milliseconds in the shortest spelling that `parseTime` reads back: `90s` for 90000. */
export function formatTime(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = MS_PER[unit] ?? 1;
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}

const BYTES_PER: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** nginx's size syntax: a number of bytes, or with `k`, `m` or `g`. Bytes, or undefined. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([kmg])?$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (BYTES_PER[match[2]?.toLowerCase() ?? ''] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes in the shortest spelling that `parseSize` reads back: `8k` for 8192. */
export function formatSize(bytes: number): string {
  for (const unit of ['g', 'm', 'k']) {
    const unitBytes = BYTES_PER[unit] ?? 1;
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes}`;
}
