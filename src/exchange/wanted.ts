/** What exchanges note only when something of the configuration reads it: it costs them time. */

/** Of this thread; set when a text that reads it is compiled. */
export const wanted = {
  /** `$upstream_inflight`: cells that other threads write have to be read. */
  inFlight: false,
};
