import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { figureLine } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { machine, machineLine } from './machine.ts';
import { PARTS } from './parts.ts';

const USAGE = 'npm run bench [-- NAME... --seconds N --rounds N --ticks N --json FILE --list]';

interface Command {
  readonly names: readonly string[];
  readonly options: BenchOptions;
  readonly json: string | undefined;
  readonly isList: boolean;
}

function command(): Command {
  const number = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: number,
      rounds: number,
      ticks: number,
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !(name in PARTS));
  if (unknown.length > 0)
    throw new Error(
      `no benchmark is named ${unknown.join(', ')}; there are: ${Object.keys(PARTS).join(', ')}`,
    );
  const counts = (['seconds', 'rounds', 'ticks'] as const).flatMap((name) => {
    const text = values[name];
    if (text === undefined) return [];
    if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} must be a whole number above 0, not "${text}"`);
    return [[name, Number(text)]];
  });
  return {
    names: positionals.length > 0 ? positionals : Object.keys(PARTS),
    options: Object.fromEntries(counts) as BenchOptions,
    json: values.json,
    isList: values.list,
  };
}

/** Runs one part in a process of its own; undefined when it failed, whose reason it has printed. */
async function measure(
  name: string,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<readonly Figure[] | undefined> {
  const path = fileURLToPath(new URL('./part-process.ts', import.meta.url));
  const child = fork(path, [name, JSON.stringify(options)], { signal });
  let figures: readonly Figure[] | undefined;
  child.on('message', (message: { figures: readonly Figure[] }) => {
    figures = message.figures;
  });
  // Aborting ends it with SIGTERM; it cleans up behind itself and closes.
  child.on('error', () => undefined);
  const code = await new Promise((resolve) => child.on('close', resolve));
  return code === 0 ? figures : undefined;
}

async function main(): Promise<number> {
  let asked: Command;
  try {
    asked = command();
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  if (asked.isList) {
    for (const [name, { about }] of Object.entries(PARTS)) console.log(`${name.padEnd(12)} ${about}`);
    return 0;
  }
  const found = machine();
  console.log(machineLine(found));
  const results: Record<string, readonly Figure[] | null> = {};
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());
  for (const name of asked.names) {
    const figures = await measure(name, asked.options, stopping.signal);
    if (stopping.signal.aborted) return 1;
    results[name] = figures ?? null;
    for (const figure of figures ?? []) console.log(figureLine(name, figure));
    if (figures === undefined) console.error(`bench: ${name} failed; the reason stands above`);
  }
  if (asked.json !== undefined) {
    const report = { time: new Date().toISOString(), machine: found, options: asked.options, results };
    await writeFile(asked.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  return Object.values(results).includes(null) ? 1 : 0;
}

process.exitCode = await main();
