/** A place in a configuration: names of keys, numbers of list items. */
export type ConfigPath = readonly (string | number)[];

/** `sources[0].instruments[1]` for a path; `(top)` for the whole. */
export function formatPath(path: ConfigPath): string {
  if (path.length === 0) return '(top)';
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** Reads `sources[0].wsUrl` or `sources.0.wsUrl`. */
export function parsePath(text: string): ConfigPath {
  return text
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Whether two paths are the same, or the first leads to the second. */
export function leadsTo(prefix: ConfigPath, path: ConfigPath): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => part === path[index]);
}

export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, or undefined. */
export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const part of path) value = childOf(value, part);
  return value;
}

function childOf(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined;
  return isSection(value) && Object.hasOwn(value, part) ? value[String(part)] : undefined;
}

/**
 * A copy of the tree with the value at the path; sections on the way are made. Returns undefined when the path leads
 * through something that is no section and no list, or beyond the next item of a list.
 */
export function withValue(tree: unknown, path: ConfigPath, value: unknown): { tree: unknown } | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return { tree: value };
  const base = tree ?? (typeof part === 'number' ? [] : {});
  const child = withValue(childOf(base, part), rest, value);
  if (child === undefined) return undefined;
  if (Array.isArray(base)) {
    if (typeof part !== 'number' || part > base.length) return undefined;
    return { tree: base.toSpliced(part, 1, child.tree) };
  }
  if (!isSection(base) || part === '__proto__') return undefined;
  return { tree: { ...base, [part]: child.tree } };
}

/** Every leaf of a tree: scalars, and lists and sections that are empty. */
export function* leavesOf(
  tree: unknown,
  path: ConfigPath = [],
): Generator<{ path: ConfigPath; value: unknown }> {
  const children = Array.isArray(tree) ? [...tree.entries()] : isSection(tree) ? Object.entries(tree) : [];
  if (children.length === 0 && tree !== undefined) yield { path, value: tree };
  for (const [part, child] of children) yield* leavesOf(child, [...path, part]);
}

/** The same tree with every scalar hidden. */
export function withoutValues(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map((item) => withoutValues(item));
  if (!isSection(tree)) return '***';
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, withoutValues(value)]));
}
