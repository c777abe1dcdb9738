import { ConfigError } from './config-error.ts';
import { parseYamlValue } from './config-document.ts';
import { pathsOf, schemasAt, wantsList, wantsText } from './config-schema.ts';
import type { Schema, SchemaPath } from './config-schema.ts';
import { parsePath } from './config-tree.ts';
import type { ConfigPath } from './config-tree.ts';
import { nearest } from './nearest.ts';

/** A setting from a flag, as text: YAML, or the text as it stands (or quoted) where the schema wants one, or `A,B` for a list. */
export interface ConfigFlag {
  /** `ingestor.http.port`. */
  readonly path: string;
  readonly text: string;
  /** How the user wrote it, for messages: `--set ingestor.http.port=5001`, `--data-dir`. */
  readonly label: string;
}

/** A value put at a place from outside the file. */
export interface Assignment {
  readonly kind: 'env' | 'flag';
  readonly path: ConfigPath;
  readonly value: unknown;
  /** The variable's name, or the flag as written. */
  readonly label: string;
}

/** Reads the value of `--set`, `a.b=c`. Throws a ConfigError when it has no name or no `=`. */
export function parseSetFlag(argument: string): ConfigFlag {
  const equals = argument.indexOf('=');
  if (equals < 1) {
    throw new ConfigError([
      `--set ${argument}: expected NAME=VALUE, for example --set ingestor.http.port=5001`,
    ]);
  }
  const path = argument.slice(0, equals).trim();
  return { path, text: argument.slice(equals + 1), label: `--set ${argument}` };
}

export function assignFlag(schema: Schema, flag: ConfigFlag): Assignment {
  const path = parsePath(flag.path);
  return { kind: 'flag', path, value: readText(flag.text, schemasAt(schema, path)), label: flag.label };
}

/**
 * The assignments of all variables that begin with the prefix. A name is a path in capitals, with or without `_`
 * between words: PREFIX_INGESTOR_HTTP_PORT, PREFIX_SOURCES_0_WS_URL. Empty variables count as unset. A variable that
 * names no place is a problem, unless one of `others` matches it.
 */
export function assignEnv(options: {
  schema: Schema;
  env: Readonly<Record<string, string | undefined>>;
  prefix: string;
  others: readonly RegExp[];
}): { assignments: Assignment[]; problems: string[] } {
  const { schema, env, prefix, others } = options;
  const places = pathsOf(schema).map((path) => ({ path, pattern: patternOf(path) }));
  const assignments: Assignment[] = [];
  const problems: string[] = [];
  for (const [name, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (text === undefined || text === '' || !name.startsWith(prefix)) continue;
    const rest = compact(name.slice(prefix.length));
    const place = places.find(({ pattern }) => pattern.test(rest));
    if (place !== undefined) {
      const path = pathFor(place.path, place.pattern.exec(rest) ?? []);
      assignments.push({ kind: 'env', path, value: readText(text, schemasAt(schema, path)), label: name });
    } else if (!others.some((other) => other.test(name))) {
      // Without the prefix, which is the same for all and would make everything look alike.
      const meant = nearest(name.slice(prefix.length), settingsOf(places.map(({ path }) => envNameOf(path))));
      problems.push(
        `${name}: no such setting${didYouMean(meant === undefined ? undefined : prefix + meant)}`,
      );
    }
  }
  problems.push(...twice(assignments));
  // A section as a whole first, then single values within it.
  assignments.sort((a, b) => a.path.length - b.path.length);
  return { assignments, problems };
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

function readText(text: string, schemas: readonly Schema[]): unknown {
  const isQuoted = /^(".*"|'.*')$/s.test(text);
  if (wantsText(schemas) && !isQuoted) return text;
  const parsed = parseYamlValue(text);
  const value = parsed === undefined ? text : parsed.value;
  if (typeof value === 'string' && wantsList(schemas)) {
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return value;
}

function compact(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** Finds a compacted name; its groups are the list indices, in order. */
function patternOf(path: SchemaPath): RegExp {
  return new RegExp(`^${path.map((part) => (part === '*' ? '(\\d+)' : compact(part))).join('')}$`);
}

function pathFor(path: SchemaPath, match: readonly string[]): ConfigPath {
  let group = 0;
  return path.map((part) => {
    if (part !== '*') return part;
    group += 1;
    return Number(match[group]);
  });
}

/** FLUSH_INTERVAL_MS for flushIntervalMs, 0 for any index. */
function envNameOf(path: SchemaPath): string {
  return path
    .map((part) => (part === '*' ? '0' : part.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()))
    .join('_');
}

/** Names that no other name goes on from: those of single values. */
function settingsOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => !names.some((other) => other.startsWith(`${name}_`)));
}

function twice(assignments: readonly Assignment[]): string[] {
  const first = new Map<string, string>();
  const problems: string[] = [];
  for (const { path, label } of assignments) {
    const place = path.join('.');
    const other = first.get(place);
    if (other === undefined) first.set(place, label);
    else problems.push(`${label}: sets ${place}, and so does ${other}; unset one of them`);
  }
  return problems;
}
