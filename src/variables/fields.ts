/** Data path. Reading header fields by the name a variable gives them: `user_agent`. */
import { fieldIdOf } from '#src/http/field-names.ts';
import type { HeaderMap } from '#src/http/header-map.ts';

/** A reader for one field of a head; several occurrences are joined by `separator`. */
export function fieldReader(
  variablePart: string,
  separator = ', ',
): (fields: HeaderMap) => string | undefined {
  const dashed = variablePart.toLowerCase().replaceAll('_', '-');
  const id = fieldIdOf(dashed);
  if (id !== 0) {
    return (fields) => {
      const count = fields.countOf(id);
      if (count === 0) return undefined;
      return count === 1 ? fields.get(id) : fields.joined(dashed, separator);
    };
  }
  if (!variablePart.includes('_')) return (fields) => fields.joined(dashed, separator);
  // With `underscores_in_headers on` the field may be spelled like the variable (nginx likewise).
  const underscored = variablePart.toLowerCase();
  return (fields) => fields.joined(dashed, separator) ?? fields.joined(underscored, separator);
}
