import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Config } from '@tickwright/config';
import { builtInStrategies } from '@tickwright/strategies';
import { nearest } from '@tickwright/runtime';
import type { StrategyDefinition, StrategyFinder } from '@tickwright/trading';
import { PlanError } from './strategy-errors.ts';
import { loadStrategyFile } from './strategy-file.ts';

const EXTENSIONS: ReadonlySet<string> = new Set(['.ts', '.mts', '.js', '.mjs']);

/** The strategies that a configuration can name: the built-in ones and the user's. */
export interface StrategyLibrary {
  readonly find: StrategyFinder;
  /** The file of a strategy that is the user's. */
  pathOf(name: string): string | undefined;
  /** By a name, or by a path that the configuration names. Errors: PlanError that names the nearest. */
  require(use: string): StrategyDefinition;
}

/** Loads the user's folder and the files that the configuration names by their path. Errors: StrategyFileError. */
export async function openStrategyLibrary(config: Config): Promise<StrategyLibrary> {
  const cacheFolder = join(config.dataDir, 'runner', 'strategies');
  const byName = new Map<string, StrategyDefinition>();
  const byPath = new Map<string, StrategyDefinition>();
  const paths = new Map<string, string>();
  const add = (definition: StrategyDefinition, path: string): void => {
    if (byName.has(definition.name) && paths.get(definition.name) !== path)
      throw new PlanError(
        `${path}: there is a strategy "${definition.name}" already: give this one another name`,
      );
    byName.set(definition.name, definition);
    paths.set(definition.name, path);
  };
  for (const definition of builtInStrategies) byName.set(definition.name, definition);
  for (const path of await filesOf(config.runner.strategyFolder)) {
    for (const definition of await loadStrategyFile({ path, cacheFolder })) add(definition, path);
  }
  for (const { use } of config.runner.strategies) {
    if (!isPath(use) || byPath.has(use)) continue;
    const definitions = await loadStrategyFile({ path: use, cacheFolder });
    for (const definition of definitions) add(definition, use);
    for (const definition of definitions.slice(0, 1)) byPath.set(use, definition);
  }
  return {
    find: (name) => byName.get(name),
    pathOf: (name) => paths.get(name),
    require: (use) => byPath.get(use) ?? byName.get(use) ?? unknown(use, [...byName.keys()]),
  };
}

export function isPath(use: string): boolean {
  return use.includes('/') || use.includes('\\') || EXTENSIONS.has(extname(use));
}

async function filesOf(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => EXTENSIONS.has(extname(name)) && !name.startsWith('.') && !name.endsWith('.d.ts'))
      .filter((name) => !/\.test\.\w+$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PlanError(`runner.strategyFolder ${folder} cannot be read: ${reason}`, error);
  }
}

function unknown(use: string, names: readonly string[]): never {
  const near = nearest(use, names);
  const hint = near === undefined ? `there are ${[...names].sort().join(', ')}` : `did you mean "${near}"?`;
  throw new PlanError(`there is no strategy "${use}"; ${hint}`);
}
