/**
 * What `import … from 'weir'` gives: the package's typed root. The program is `bin/weir`; nothing
 * here starts anything.
 */
export { PRODUCT, VERSION } from '#src/base/version.ts';
export { type ConfigSource, defineConfig } from '#src/config/typed/define-config.ts';
export type {
  AttemptEvent,
  Candidate,
  ClientAnswer,
  Explanation,
  FunctionEvent,
  LocationEvent,
  PageEvent,
  PickEvent,
  SentField,
  ServerEvent,
  StepEvent,
  TraceEvent,
  TryEvent,
  VariableEvent,
  Verdict,
  Written,
} from '#src/explain/trace.ts';
export {
  type Answer,
  type AnswerBody,
  type AnswerHeaders,
  type AnswerLike,
  type BalancerEndpoint,
  type BalancerFunction,
  type BalancerView,
  type BodyLike,
  type BodyOptions,
  BodyTooLargeError,
  type Handler,
  type HeaderFields,
  type ProviderContext,
  type ProviderFunction,
  type RequestContext,
  RequestEndedError,
  type RequestFilter,
  type ResponseBodyFilter,
  type ResponseContext,
  type ResponseFilter,
  type VariableFunction,
  type WholeBody,
} from '#src/functions/contexts.ts';
export {
  type EntryOptions,
  type SharedCounter,
  type SharedLimiter,
  type SharedLimiterOptions,
  type SharedMap,
  type SharedMapOptions,
  sharedCounter,
  sharedLimiter,
  sharedMap,
} from '#src/functions/shared-values.ts';
export type { ServerEntry, ServerList } from '#src/upstream/discovery/server-list.ts';
