import { isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { ConfigError } from './config-error.ts';
import { isSection } from './config-tree.ts';
import type { ConfigPath } from './config-tree.ts';

/** A parsed configuration file: its values, and the line where each of them stands. */
export interface ConfigDocument {
  readonly tree: Record<string, unknown>;
  /** The line (from 1) of the value or key at the path; that of the nearest section around it when it is absent. */
  lineOf(path: ConfigPath): number;
}

/** Reads YAML. Throws a ConfigError with all its syntax errors, quoting nothing of the text when it `hidesValues`. An empty text is an empty configuration. */
export function parseConfigDocument(options: {
  text: string;
  file: string;
  hidesValues?: boolean;
}): ConfigDocument {
  const { text, file, hidesValues = false } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(
        (error) =>
          `${file}:${lines.linePos(error.pos[0]).line}: ${hidesValues ? 'is not correct YAML' : oneLine(error.message)}`,
      ),
    );
  }
  const made = toValue(document);
  if ('error' in made) {
    throw new ConfigError([`${file}:1: ${hidesValues ? 'is not correct YAML' : oneLine(made.error)}`]);
  }
  const tree = made.value ?? {};
  if (!isSection(tree)) {
    const found = hidesValues ? '' : `, found ${JSON.stringify(text.trim().slice(0, 40).split('\n')[0])}`;
    throw new ConfigError([`${file}:1: expected settings as "name: value"${found}`]);
  }
  return { tree, lineOf: (path) => lines.linePos(offsetOf(document, path)).line || 1 };
}

/** A well-formed text can still not be made into values: an alias of nothing, or of far too much. */
function toValue(document: Document.Parsed): { value: unknown } | { error: string } {
  try {
    return { value: document.toJS() as unknown };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function oneLine(message: string): string {
  return message.split('\n')[0].trim();
}

/** Where the key at the path begins, or the item of a list; else the same of the nearest section around. */
function offsetOf(document: Document, path: ConfigPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(name),
        )
      : undefined;
    const key: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(key) && key.range) return key.range[0];
  }
  return 0;
}

/** One value as YAML writes it, for flags and environment variables: `5`, `true`, `[a, b]`. Undefined: not YAML. */
export function parseYamlValue(text: string): { value: unknown } | undefined {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  if ('empty' in documents || documents.length !== 1 || documents[0].errors.length > 0) return undefined;
  const made = toValue(documents[0]);
  return 'error' in made ? undefined : made;
}
