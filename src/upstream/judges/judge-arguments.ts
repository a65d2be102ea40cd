/** The words of `outlier_ejection`, `circuit_breaker`, `admission_control` and `flap_damping`. */
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import type { Word } from '#src/schema/tree.ts';
import type {
  AdmissionConfig,
  BreakerConfig,
  FlapConfig,
  OutlierConfig,
} from '#src/upstream/endpoint/judge-config.ts';

type Reader = (word: Word, context: ParseContext) => number | string | undefined;

/** What `name=value` sets, and how the value is read. */
type Parameters<T> = Readonly<Record<string, readonly [keyof T, Reader]>>;

/** Envoy's: 5 in a row, 1.9 standard deviations, 30 s more each time; but half, not a tenth. */
export const USUAL_OUTLIER: OutlierConfig = {
  consecutive5xx: 5,
  consecutiveLocalOrigin: 5,
  intervalMs: 10_000,
  stdevFactor: 1.9,
  successRateHosts: 5,
  successRateRequests: 100,
  failureShare: 0,
  failureHosts: 5,
  failureRequests: 50,
  latencyFactor: 0,
  latencyFloorMs: 100,
  latencyHosts: 3,
  latencyRequests: 20,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectionShare: 0.5,
};

/** Times as Traefik's. */
const USUAL_BREAKER: BreakerConfig = {
  scope: 'endpoint',
  failureShare: 0.5,
  latencyMs: 0,
  minRequests: 20,
  windowMs: 10_000,
  openMs: 10_000,
  rampMs: 10_000,
};

/** As Envoy's. */
const USUAL_ADMISSION: AdmissionConfig = {
  successShare: 0.95,
  maxRejection: 0.8,
  minRequests: 20,
  windowMs: 30_000,
};

const USUAL_FLAPPING: FlapConfig = { changes: 6, intervalMs: 60_000, holdMs: 60_000 };

const OUTLIER: Parameters<OutlierConfig> = {
  consecutive_5xx: ['consecutive5xx', count(0)],
  consecutive_local_origin_failure: ['consecutiveLocalOrigin', count(0)],
  interval: ['intervalMs', time],
  success_rate_stdev_factor: ['stdevFactor', thousandths],
  success_rate_minimum_hosts: ['successRateHosts', count(2)],
  success_rate_request_volume: ['successRateRequests', count(1)],
  failure_percentage_threshold: ['failureShare', percentage(0, 100)],
  failure_percentage_minimum_hosts: ['failureHosts', count(1)],
  failure_percentage_request_volume: ['failureRequests', count(1)],
  latency_factor: ['latencyFactor', count(0)],
  latency_floor: ['latencyFloorMs', time],
  latency_minimum_hosts: ['latencyHosts', count(3)],
  latency_request_volume: ['latencyRequests', count(1)],
  base_ejection_time: ['baseEjectionMs', time],
  max_ejection_time: ['maxEjectionMs', time],
  max_ejection_percent: ['maxEjectionShare', percentage(1, 50)],
};

const BREAKER: Parameters<BreakerConfig> = {
  scope: ['scope', scope],
  failure_rate: ['failureShare', percentage(1, 100)],
  latency: ['latencyMs', time],
  minimum_requests: ['minRequests', count(1)],
  window: ['windowMs', time],
  open: ['openMs', time],
  recovering: ['rampMs', time],
};

const ADMISSION: Parameters<AdmissionConfig> = {
  success_rate: ['successShare', percentage(1, 100)],
  max_rejection: ['maxRejection', percentage(1, 100)],
  minimum_requests: ['minRequests', count(1)],
  window: ['windowMs', time],
};

const FLAPPING: Parameters<FlapConfig> = {
  changes: ['changes', count(1)],
  interval: ['intervalMs', time],
  hold: ['holdMs', time],
};

/** Reads the words of `outlier_ejection`; like the next three: undefined after reporting a fault. */
export function parseOutlier(words: readonly Word[], context: ParseContext) {
  return parseParameters(words, context, OUTLIER, USUAL_OUTLIER);
}

/** Reads the words of `circuit_breaker`. */
export function parseBreaker(words: readonly Word[], context: ParseContext) {
  return parseParameters(words, context, BREAKER, USUAL_BREAKER);
}

/** Reads the words of `admission_control`. */
export function parseAdmission(words: readonly Word[], context: ParseContext) {
  return parseParameters(words, context, ADMISSION, USUAL_ADMISSION);
}

/** Reads the words of `flap_damping`. */
export function parseFlapping(words: readonly Word[], context: ParseContext) {
  return parseParameters(words, context, FLAPPING, USUAL_FLAPPING);
}

function parseParameters<T extends object>(
  words: readonly Word[],
  context: ParseContext,
  parameters: Parameters<T>,
  usual: T,
): T | undefined {
  let config = usual;
  let isGood = true;
  const seen = new Set<string>();
  for (const word of words) {
    const equals = word.text.indexOf('=');
    const name = equals < 0 ? word.text : word.text.slice(0, equals);
    const known = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (known === undefined || equals < 0) {
      const names = Object.keys(parameters);
      const advice = didYouMean(name, names) ?? `known are ${names.join('=, ')}=`;
      return reportInvalid(context, word, 'parameter', advice);
    }
    if (seen.has(name)) return reportInvalid(context, word, 'parameter', 'it is given twice');
    seen.add(name);
    const [field, read] = known;
    const { column, line, text } = word;
    const value = read({ text: text.slice(equals + 1), line, column }, context);
    if (value === undefined) isGood = false;
    else config = { ...config, [field]: value };
  }
  return isGood ? config : undefined;
}

function count(min: number): Reader {
  return (word, context) => parseInteger(word, context, { min, max: 1_000_000 });
}

/** `50` or `50%`; yields a share. */
function percentage(min: number, max: number): Reader {
  return (word, context) => {
    const number = parseInteger({ ...word, text: word.text.replace(/%$/, '') }, context, {
      min,
      max,
    });
    return number === undefined ? undefined : number / 100;
  };
}

/** Envoy's unit for the factor: 1900 is 1.9. */
function thousandths(word: Word, context: ParseContext): number | undefined {
  const number = parseInteger(word, context, { max: 100_000 });
  return number === undefined ? undefined : number / 1000;
}

function time(word: Word, context: ParseContext): number | undefined {
  return parseTimeWord(word, context, { min: '100ms', max: '1d' });
}

function scope(word: Word, context: ParseContext): string | undefined {
  if (word.text === 'endpoint' || word.text === 'upstream') return word.text;
  return reportInvalid(context, word, 'value', 'scope is "endpoint" or "upstream"');
}
