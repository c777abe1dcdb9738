import type { z } from 'zod';
import { didYouMean } from './config-assignment.ts';
import { choicesOf, chosenBy, keysOf, schemasAt, wantsWhole } from './config-schema.ts';
import type { Schema } from './config-schema.ts';
import { formatPath, isSection, valueAt } from './config-tree.ts';
import type { ConfigPath } from './config-tree.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong at one place. */
export interface ConfigProblem {
  readonly path: ConfigPath;
  /** `expected a whole number, found "fast"`. */
  readonly text: string;
}

const EXPECTED: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section',
  record: 'a section',
};

/** Longer texts are cut in messages. */
const MAX_SHOWN_CHARACTERS = 60;

/** Says in our words what zod found wrong with the tree. One issue can be several problems (one an unknown key). */
export function problemsOf(issue: Issue, context: { schema: Schema; tree: unknown }): ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const found = valueAt(context.tree, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey({ path, key, found, schema: context.schema }));
    case 'invalid_type':
      return [{ path, text: expectedButFound(wordFor(kindWanted(issue, path, context.schema)), found) }];
    case 'invalid_value':
      return [wrongChoice({ path, choices: issue.values.map(String), found })];
    case 'invalid_union':
      return wrongAlternative({ issue, path, found, context });
    case 'too_small':
      return [{ path, text: expectedButFound(`at least ${limit(issue.minimum, issue)}`, measured(found)) }];
    case 'too_big':
      return [{ path, text: expectedButFound(`at most ${limit(issue.maximum, issue)}`, measured(found)) }];
    case 'invalid_key':
      return [{ path, text: issue.issues[0]?.message ?? issue.message }];
    case 'custom':
      return [{ path, text: issue.message }];
    default:
      return [{ path, text: `${issue.message}, found ${shown(found)}` }];
  }
}

function unknownKey(at: { path: ConfigPath; key: string; found: unknown; schema: Schema }): ConfigProblem {
  const { path, key, found, schema } = at;
  const known = keysOf(chosenBy(found, schemasAt(schema, path))).filter((name) => name !== key);
  const meant = nearest(key, known);
  const hint = meant === undefined ? `; known here: ${known.join(', ')}` : didYouMean(meant);
  return { path: [...path, key], text: `unknown key${hint}` };
}

function wrongChoice(at: { path: ConfigPath; choices: readonly string[]; found: unknown }): ConfigProblem {
  const { path, choices, found } = at;
  const expected = choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.join(', ')}`;
  const meant = typeof found === 'string' ? nearest(found, choices) : undefined;
  return { path, text: expectedButFound(expected, found) + didYouMean(meant) };
}

function wrongAlternative(at: {
  issue: z.core.$ZodIssueInvalidUnion;
  path: ConfigPath;
  found: unknown;
  context: { schema: Schema; tree: unknown };
}): ConfigProblem[] {
  const { issue, path, found, context } = at;
  if (issue.errors.length === 0) {
    return [wrongChoice({ path, choices: choicesOf(schemasAt(context.schema, path)), found })];
  }
  const placed = issue.errors.map((issues) =>
    issues.map((inner): Issue => ({ ...inner, path: [...path, ...inner.path] })),
  );
  // The alternative of the right kind tells more than that the others are of another kind.
  const right = placed.find((issues) => !issues.some((inner) => isWrongKind(inner, path)));
  if (right !== undefined) return right.flatMap((inner) => problemsOf(inner, context));
  const expected = placed.flatMap((issues) =>
    issues.flatMap((inner) =>
      inner.code === 'invalid_type' ? [wordFor(kindWanted(inner, path, context.schema))] : [],
    ),
  );
  return [{ path, text: expectedButFound(expected.join(' or '), found) }];
}

function isWrongKind(issue: Issue, path: ConfigPath): boolean {
  return issue.code === 'invalid_type' && issue.path.length === path.length;
}

/** zod calls every number that is none just a number; people want to know that it has to be whole. */
function kindWanted(issue: { expected: string }, path: ConfigPath, schema: Schema): string {
  return issue.expected === 'number' && wantsWhole(schemasAt(schema, path)) ? 'int' : issue.expected;
}

function wordFor(expected: string): string {
  return EXPECTED[expected] ?? expected;
}

function limit(bound: number | bigint, issue: { origin: string; inclusive?: boolean }): string {
  const size =
    issue.inclusive === false ? `more than ${bound}`.replace('more than', 'beyond') : String(bound);
  if (issue.origin === 'array') return `${size} ${Number(bound) === 1 ? 'item' : 'items'}`;
  return issue.origin === 'string' ? `${size} characters` : size;
}

function measured(found: unknown): unknown {
  return Array.isArray(found) ? found.length : found;
}

function expectedButFound(expected: string, found: unknown): string {
  return found === undefined
    ? `missing; expected ${expected}`
    : `expected ${expected}, found ${shown(found)}`;
}

function shown(found: unknown): string {
  if (found === null || found === undefined) return 'nothing';
  if (Array.isArray(found)) return 'a list';
  if (isSection(found)) return 'a section';
  if (typeof found !== 'string') return String(found);
  return JSON.stringify(
    found.length > MAX_SHOWN_CHARACTERS ? `${found.slice(0, MAX_SHOWN_CHARACTERS)}…` : found,
  );
}

export function formatProblem(problem: ConfigProblem, where: string): string {
  return `${where}: ${formatPath(problem.path)}: ${problem.text}`;
}
