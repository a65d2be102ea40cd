/** A function of weir.config.ts, as the tree names it. Only proxy threads have the function itself. */
import type { Place } from './problem.ts';

export interface FunctionRef {
  /** Index among the functions of the configuration. */
  readonly number: number;
  /** Where it stands in the configuration: `http.server[0].location["/"].handler`. */
  readonly path: string;
  /** For logs: its own name if it has one, else the path. */
  readonly name: string;
  readonly place: Place;
}
