import type { z } from 'zod';
import { assignEnv, assignFlag } from './config-assignment.ts';
import type { Assignment, ConfigFlag } from './config-assignment.ts';
import { parseConfigDocument } from './config-document.ts';
import type { ConfigDocument } from './config-document.ts';
import { ConfigError } from './config-error.ts';
import { formatProblem, problemsOf } from './config-problem.ts';
import { formatPath, leadsTo, leavesOf, valueAt, withoutValues, withValue } from './config-tree.ts';
import type { ConfigPath } from './config-tree.ts';
import { redactText } from '../log/redaction.ts';

export interface ConfigSources<S extends z.ZodType> {
  readonly schema: S;
  /** YAML. Absent: defaults, environment and flags only. */
  readonly text?: string;
  /** The file's name, for messages and origins. */
  readonly file?: string;
  /** In the order of the command line: a later one wins. */
  readonly flags?: readonly ConfigFlag[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `TICKWRIGHT_`. */
  readonly envPrefix?: string;
  /** Variables with the prefix that are no settings: they are left alone. */
  readonly otherEnv?: readonly RegExp[];
  /** For a file of secrets: no message quotes a value. */
  readonly hidesValues?: boolean;
}

/** Where a value came from. */
export type ConfigOrigin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** One value of the configuration in force. */
export interface ConfigEntry {
  /** `sources[0].instruments[1]`. */
  readonly path: string;
  readonly value: unknown;
  readonly origin: ConfigOrigin;
}

export interface LoadedConfig<T> {
  readonly value: T;
  /** Every leaf of the value, in the order of the schema. */
  readonly entries: readonly ConfigEntry[];
}

interface Gathered {
  readonly tree: unknown;
  readonly assignments: readonly Assignment[];
  readonly document: ConfigDocument | undefined;
  readonly file: string;
}

/**
 * Puts a configuration together (flags over environment over file over the schema's defaults) and checks it whole.
 * Throws one ConfigError with every problem, each with its place (file and line, variable or flag), its path and the
 * name that was probably meant. Keys unknown to a strict schema are problems.
 */
export function loadConfigText<S extends z.ZodType>(sources: ConfigSources<S>): LoadedConfig<z.output<S>> {
  const { schema, text, file = 'configuration', hidesValues = false } = sources;
  const document = text === undefined ? undefined : parseConfigDocument({ text, file, hidesValues });
  const fromEnv = assignEnv({
    schema,
    env: sources.env ?? {},
    prefix: sources.envPrefix ?? 'TICKWRIGHT_',
    others: sources.otherEnv ?? [],
  });
  const fromFlags = (sources.flags ?? []).map((flag) => assignFlag(schema, flag));
  const assignments = [...fromEnv.assignments, ...fromFlags];
  const problems = [...fromEnv.problems];
  const tree = assignAll({ tree: document?.tree ?? {}, assignments, problems });
  const gathered: Gathered = { tree, assignments, document, file };
  const checked = schema.safeParse(tree);
  const shownTree = hidesValues ? withoutValues(tree) : tree;
  const found =
    checked.error?.issues.flatMap((issue) => problemsOf(issue, { schema, tree: shownTree })) ?? [];
  problems.push(...found.map((problem) => formatProblem(problem, placeOf(gathered, problem.path))));
  if (!checked.success || problems.length > 0) throw new ConfigError(problems.map(redactText));
  return { value: checked.data, entries: entriesOf(checked.data, gathered) };
}

/** `default`, `tickwright.yaml:7`, `TICKWRIGHT_DATA_DIR`, `--set dataDir=/data`. */
export function formatOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'env':
      return origin.name;
    case 'flag':
      return origin.flag;
  }
}

function assignAll(options: {
  tree: unknown;
  assignments: readonly Assignment[];
  problems: string[];
}): unknown {
  let { tree } = options;
  for (const { path, value, label } of options.assignments) {
    const assigned = withValue(tree, path, value);
    if (assigned === undefined) {
      options.problems.push(
        `${label}: ${formatPath(path)}: leads nowhere: a value on the way is no section or list`,
      );
    } else {
      tree = assigned.tree;
    }
  }
  return tree;
}

/** Where a user looks for a problem at the path. */
function placeOf(gathered: Gathered, path: ConfigPath): string {
  const { assignments, document, file } = gathered;
  const assigned =
    assignments.findLast((assignment) => leadsTo(assignment.path, path)) ??
    // The section itself was made by an assignment within it.
    (valueAt(document?.tree, path) === undefined
      ? assignments.findLast((assignment) => leadsTo(path, assignment.path))
      : undefined);
  if (assigned !== undefined) return assigned.label;
  return document === undefined ? file : `${file}:${document.lineOf(path)}`;
}

function entriesOf(value: unknown, gathered: Gathered): ConfigEntry[] {
  return [...leavesOf(value)].map((leaf) => ({
    path: formatPath(leaf.path),
    value: leaf.value,
    origin: originOf(leaf.path, gathered),
  }));
}

function originOf(path: ConfigPath, gathered: Gathered): ConfigOrigin {
  const { tree, assignments, document, file } = gathered;
  if (valueAt(tree, path) === undefined) return { kind: 'default' };
  const assigned = assignments.findLast((assignment) => leadsTo(assignment.path, path));
  if (assigned?.kind === 'env') return { kind: 'env', name: assigned.label };
  if (assigned?.kind === 'flag') return { kind: 'flag', flag: assigned.label };
  return { kind: 'file', file, line: document?.lineOf(path) ?? 1 };
}
