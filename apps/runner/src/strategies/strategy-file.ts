import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { BuildFailure, Plugin } from 'esbuild';
import { writeFileAtomic } from '@tickwright/runtime';
import type { StrategyDefinition } from '@tickwright/trading';
import { StrategyFileError } from './strategy-errors.ts';

/** What a strategy may import from us; everything else is looked for beside its own file. */
const OURS = /^(?:@tickwright\/(?:strategies|trading|market)|trading-signals|big\.js|zod)$/;

export interface StrategyFileOptions {
  readonly path: string;
  /** Where the compiled file goes: under the data directory. */
  readonly cacheFolder: string;
}

/**
 * Compiles a strategy's file, TypeScript or JavaScript, with what it imports, and loads it. Every export that is a
 * strategy counts. Errors: StrategyFileError with file, line and what to do.
 */
export async function loadStrategyFile(options: StrategyFileOptions): Promise<readonly StrategyDefinition[]> {
  const path = resolve(options.path);
  if ((await stat(path).catch(() => undefined))?.isFile() !== true)
    throw new StrategyFileError(`${path}: no such strategy file`);
  const code = await compiled(path);
  const name = `${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`;
  const file = join(resolve(options.cacheFolder), name);
  await mkdir(options.cacheFolder, { recursive: true });
  await writeFileAtomic(file, code, { fsync: false });
  const exported = await imported(path, file);
  const found = Object.values(exported).filter(isDefinition);
  if (found.length > 0) return found;
  throw new StrategyFileError(
    `${path} exports no strategy: export one made with defineStrategy of @tickwright/strategies`,
  );
}

async function compiled(path: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [ours],
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (error) {
    throw isBuildFailure(error) ? new StrategyFileError(problemOf(path, error), error) : error;
  }
}

/** Ours come from where the runner has them: one copy of each in the process. */
const ours: Plugin = {
  name: 'ours',
  setup(own) {
    own.onResolve({ filter: OURS }, ({ path }) => {
      const url = import.meta.resolve(path);
      // Sources, as in our own tests, are compiled with it: Node cannot load them.
      return url.endsWith('.ts') ? { path: fileURLToPath(url) } : { path: url, external: true };
    });
  },
};

function problemOf(path: string, { errors }: BuildFailure): string {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const location = first?.location;
  const place = location ? `${resolve(location.file)}:${location.line}:${location.column + 1}` : path;
  const line = location ? `\n  ${location.lineText.trim()}` : '';
  return `${place}: the strategy does not compile: ${first?.text ?? 'unknown reason'}${more}${line}`;
}

async function imported(path: string, file: string): Promise<Record<string, unknown>> {
  try {
    // A module of the user's: what it exports is looked at, not believed.
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StrategyFileError(`${path}: the strategy cannot be loaded: ${reason}`, error);
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function isDefinition(value: unknown): value is StrategyDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, create, warmUp, parameters, interval } = value as Partial<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    typeof interval === 'string' &&
    typeof create === 'function' &&
    typeof warmUp === 'function' &&
    typeof parameters === 'object'
  );
}
