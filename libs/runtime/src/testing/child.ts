import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A child process of a test: its lines, and its end. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcessWithoutNullStreams;
  /** The next line of its stdout. Rejects when it ends without one. */
  line(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the name of the signal that ended it. */
  ended(): Promise<number | string>;
}

/** Starts programs of this folder. */
export interface ChildStarter extends AsyncDisposable {
  start(program: string, args?: readonly string[]): Child;
}

const SOURCE = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Compiles this lib's present sources once, so that a test can start many processes without each paying for a
 * compiler. They lie within node_modules: ignored by everything, yet packages are found from there.
 */
export async function childStarter(): Promise<ChildStarter> {
  const modules = join(dirname(SOURCE), 'node_modules');
  await mkdir(modules, { recursive: true });
  const compiled = await mkdtemp(join(modules, '.test-'));
  await writeFile(join(compiled, 'package.json'), '{ "type": "module" }');
  const files = (await readdir(SOURCE, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
  await Promise.all(files.map(async (file) => await compile(file, compiled)));
  return {
    start: (program, args = []) => startChild(join(compiled, 'testing', program), args),
    [Symbol.asyncDispose]: async () => {
      await rm(compiled, { recursive: true, force: true });
    },
  };
}

async function compile(file: string, into: string): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(join(SOURCE, file), 'utf8'), {
    fileName: basename(file),
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  const target = join(into, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, outputText);
}

/** Starts one program of this folder from its source: for a test that needs no more than one or two. */
export function startFromSource(program: string, args: readonly string[] = []): Child {
  return startChild(join(SOURCE, 'testing', program), args, ['--import', 'tsx']);
}

function startChild(path: string, args: readonly string[], nodeArgs: readonly string[] = []): Child {
  const child = spawn(process.execPath, [...nodeArgs, path, ...args]);
  const end = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? -1,
    process: child,
    line: async () => {
      const next = await lines.next();
      if (next.done === true) {
        const errors: unknown = child.stderr.read();
        throw new Error(`the child ended without a line: ${String(errors)}`);
      }
      return next.value;
    },
    kill: (signal) => {
      child.kill(signal);
    },
    ended: async () => {
      const [code, signal] = await end;
      return code ?? signal ?? 'unknown';
    },
  };
}
