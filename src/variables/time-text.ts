/** Data path. Times as log lines show them. */

/** Seconds with milliseconds: `0.012`, `61.500`. A negative time counts as none. */
export function secondsText(ms: number): string {
  const whole = ms > 0 ? Math.floor(ms) : 0;
  const fraction = whole % 1_000;
  const padding = fraction < 10 ? '00' : fraction < 100 ? '0' : '';
  return `${Math.floor(whole / 1_000)}.${padding}${fraction}`;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The local time in nginx's two spellings, made anew once per second. */
export class LocalTime {
  #second = Number.NaN;
  #common = '';
  #iso = '';

  /** `$time_local`: `21/Nov/2026:00:13:57 +0000`. */
  common(wallMs: number): string {
    this.#refresh(wallMs);
    return this.#common;
  }

  /** `$time_iso8601`: `2026-11-21T00:13:57+00:00`. */
  iso(wallMs: number): string {
    this.#refresh(wallMs);
    return this.#iso;
  }

  #refresh(wallMs: number): void {
    const second = Math.floor(wallMs / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    const date = new Date(wallMs);
    const month = date.getMonth();
    const day = two(date.getDate());
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    const eastMinutes = -date.getTimezoneOffset();
    const sign = eastMinutes < 0 ? '-' : '+';
    const zoneHours = two(Math.floor(Math.abs(eastMinutes) / 60));
    const zoneMinutes = two(Math.abs(eastMinutes) % 60);
    const monthName = MONTHS.slice(month * 3, month * 3 + 3);
    const year = date.getFullYear();
    this.#common = `${day}/${monthName}/${year}:${clock} ${sign}${zoneHours}${zoneMinutes}`;
    this.#iso = `${year}-${two(month + 1)}-${day}T${clock}${sign}${zoneHours}:${zoneMinutes}`;
  }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
