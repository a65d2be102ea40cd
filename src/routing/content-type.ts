/** Data path. The media type of a body that Weir makes itself. */
import type { ContentSettings } from './directives.ts';

/** Longer ones are no extensions; keeps a hostile path from costing a copy of itself. */
const MAX_EXTENSION = 32;

/** As nginx labels the text of `return`: by the extension of the path, else `default_type`. */
export function contentTypeOf(content: ContentSettings, path: string): string {
  const dot = path.lastIndexOf('.');
  // As in nginx, dots that a name begins with begin no extension.
  if (
    dot < 1 ||
    path.endsWith('/', dot) ||
    path.endsWith('/.', dot) ||
    path.length - dot > MAX_EXTENSION ||
    path.indexOf('/', dot) >= 0
  ) {
    return content.defaultType;
  }
  return content.types.get(path.substring(dot + 1).toLowerCase()) ?? content.defaultType;
}
