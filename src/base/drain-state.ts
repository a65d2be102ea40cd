/**
 * Data path. Whether this thread is draining, seen by every part of it. An object of its own and
 * not a getter among settings: a literal with an accessor is a dictionary to the engine, and every
 * look at it a hash look-up (measured: 3 % of the user time of an exchange).
 */
export class DrainState {
  /** Finish what is open, keep nothing, promise nothing. Never goes back. */
  isDraining = false;
}
