/** Data path. Times as log lines show them. */
import type { Clock } from '#src/base/clock.ts';
import { DIGIT_0, DOT } from '#src/bytes/ascii.ts';
import { Block } from '#src/bytes/byte-copy.ts';
import type { ByteWriter } from '#src/bytes/byte-writer.ts';

/** Seconds with milliseconds: `0.012`, `61.500`. A negative time counts as none. */
export function secondsText(ms: number): string {
  const whole = ms > 0 ? Math.floor(ms) : 0;
  const fraction = whole % 1_000;
  const padding = fraction < 10 ? '00' : fraction < 100 ? '0' : '';
  return `${Math.floor(whole / 1_000)}.${padding}${fraction}`;
}

/** As `secondsText`; in no case more than 24 bytes. */
export function writeSeconds(ms: number, out: ByteWriter): void {
  const whole = ms > 0 ? Math.floor(ms) : 0;
  const seconds = Math.floor(whole / 1_000);
  out.decimal(seconds);
  out.byte(DOT);
  writeThreeDigits(whole - seconds * 1_000, out);
}

/** An integer from 0 to 999. */
export function writeThreeDigits(value: number, out: ByteWriter): void {
  const tens = Math.floor(value / 10);
  const hundreds = Math.floor(tens / 10);
  out.byte(DIGIT_0 + hundreds);
  out.byte(DIGIT_0 + tens - hundreds * 10);
  out.byte(DIGIT_0 + value - tens * 10);
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The local time in nginx's two spellings: read once per turn, made anew once per second. */
export class LocalTime {
  readonly #clock: Clock;
  #readAtMs = Number.NaN;
  #second = Number.NaN;
  #common = '';
  #iso = '';
  #commonBlock = new Block('');
  #isoBlock = new Block('');

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `$time_local`: `21/Nov/2026:00:13:57 +0000`. */
  get common(): string {
    this.#refresh();
    return this.#common;
  }

  /** `$time_iso8601`: `2026-11-21T00:13:57+00:00`. */
  get iso(): string {
    this.#refresh();
    return this.#iso;
  }

  /** The bytes of `common`. */
  get commonBlock(): Block {
    this.#refresh();
    return this.#commonBlock;
  }

  /** The bytes of `iso`. */
  get isoBlock(): Block {
    this.#refresh();
    return this.#isoBlock;
  }

  #refresh(): void {
    const nowMs = this.#clock.refresh();
    if (nowMs === this.#readAtMs) return;
    this.#readAtMs = nowMs;
    const wallMs = this.#clock.wallMs();
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
    this.#commonBlock = new Block(this.#common);
    this.#isoBlock = new Block(this.#iso);
  }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
