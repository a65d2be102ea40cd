// Data path. Where the row of a thread counts reasons: of failed exchanges, and of ended connections.
import { CONNECTION_ENDS, type ConnectionEnd } from '#src/base/connection-end.ts';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { FIRST_REASON_COLUMN } from './thread-rows.ts';

const failureCodes = Object.keys(FAILURES) as FailureCode[];
const connectionEnds = Object.keys(CONNECTION_ENDS) as ConnectionEnd[];

/** Column of each reason of an exchange. Only grow. */
export const REASON_COLUMNS = columnsOf(failureCodes, FIRST_REASON_COLUMN);

/** Column of each reason for which connections end. Only grow. */
export const END_COLUMNS = columnsOf(connectionEnds, FIRST_REASON_COLUMN + failureCodes.length);

/** By column: what END_COLUMNS has. */
export function endOfColumn(column: number): ConnectionEnd {
  return connectionEnds[column - FIRST_REASON_COLUMN - failureCodes.length] as ConnectionEnd;
}

/** How many columns a row has, these included. */
export const COLUMN_COUNT = FIRST_REASON_COLUMN + failureCodes.length + connectionEnds.length;

function columnsOf<K extends string>(
  names: readonly K[],
  first: number,
): Readonly<Record<K, number>> {
  return Object.fromEntries(names.map((name, at) => [name, first + at])) as Record<K, number>;
}
