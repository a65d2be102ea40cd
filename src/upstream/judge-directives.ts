/** The directives of an `upstream` that judge its endpoints by what comes of exchanges. */
import { custom } from '#src/schema/arguments.ts';
import { directives, type SettingsOf } from '#src/schema/directive.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import {
  parseAdmission,
  parseBreaker,
  parseFlapping,
  parseOutlier,
} from '#src/upstream/judges/judge-arguments.ts';

const UPSTREAM = ['upstream'] as const;

/** All Weir only; without them nothing is judged. */
export const judgeDirectives = directives({
  outlier: {
    name: 'outlier_ejection',
    contexts: UPSTREAM,
    argument: custom({
      usage: '[parameter=value …]',
      minWords: 0,
      maxWords: 16,
      parse: parseOutlier,
    }),
    inherit: false,
    doc: "Takes out for a while whoever fails where the others do not, by all threads' figures, as Envoy does. In a row: `consecutive_5xx=` (5) errors, which are answers with 5xx and attempts without an answer, or `consecutive_local_origin_failure=` (5) of the latter; 0 is off. Over each `interval=` (10s): a success rate below the mean by `success_rate_stdev_factor=` (1900) thousandths of the standard deviation, and with at least 5 % errors, of at least `success_rate_minimum_hosts=` (5) endpoints with `success_rate_request_volume=` (100) answers each; at least `failure_percentage_threshold=` (0, off) percent errors, with `failure_percentage_minimum_hosts=` (5) and `failure_percentage_request_volume=` (50). By latency: a mean time to the head above the median by `latency_factor=` (0, off; 5 is a good value) median deviations, above twice the median and above `latency_floor=` (100ms), with `latency_minimum_hosts=` (3) and `latency_request_volume=` (20). It is out for `base_ejection_time=` (30s) times how often it was lately, at most `max_ejection_time=` (300s). Never out, for whatever reason, is more than `max_ejection_percent=` (50, at most 50) of the endpoints of a rank.",
  },
  breaker: {
    name: 'circuit_breaker',
    contexts: UPSTREAM,
    argument: custom({
      usage: '[parameter=value …]',
      minWords: 0,
      maxWords: 7,
      parse: parseBreaker,
    }),
    inherit: false,
    doc: 'Opens when `failure_rate=` (50%) of at least `minimum_requests=` (20) answers within `window=` (10s) are errors (5xx, or no answer), or with `latency=` when their heads take longer on average. Then nothing passes for `open=` (10s), and then a share that grows within `recovering=` (10s); five failing answers open it again. `scope=endpoint` (the usual one): each endpoint has its own, others take its exchanges, also when none would be left; then the answer is 503 at once, with the reason `breaker_open`. `scope=upstream`: all together have one. Endpoints without `slow_start` get `recovering=` as theirs.',
  },
  admission: {
    name: 'admission_control',
    contexts: UPSTREAM,
    argument: custom({
      usage: '[parameter=value …]',
      minWords: 0,
      maxWords: 4,
      parse: parseAdmission,
    }),
    inherit: false,
    doc: 'While less than `success_rate=` (95%) of at least `minimum_requests=` (20) answers within `window=` (30s) are good, as many requests are turned away by chance, with 503 and the reason `admission_refused`, as fail beyond that: the load of an upstream that fails falls, and comes back as it recovers. At most `max_rejection=` (80%) of them.',
  },
  flapping: {
    name: 'flap_damping',
    contexts: UPSTREAM,
    argument: custom({
      usage: '[changes=number] [interval=time] [hold=time]',
      minWords: 0,
      maxWords: 3,
      parse: parseFlapping,
    }),
    inherit: false,
    doc: 'An endpoint that goes out of service or comes back more than `changes=` (6) times within `interval=` (60s), by checks, ejections or breakers, is held out until it has not changed for `hold=` (60s); as long as at least half of the endpoints of its rank are left without it.',
  },
});

/** What they say of one upstream. */
export type JudgeSettings = SettingsOf<typeof judgeDirectives>;

/** Null when nothing is judged. */
export function judgesOf(settings: JudgeSettings): JudgeConfigs | null {
  const { admission = null, breaker = null, flapping = null, outlier = null } = settings;
  const isNone = admission === null && breaker === null && flapping === null && outlier === null;
  return isNone ? null : { admission, breaker, flapping, outlier };
}
