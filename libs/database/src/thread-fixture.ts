// A worker thread that opens a database file when it is told to, and says what came of it. Not exported by the package.
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './index.ts';
import type { Database } from './index.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const open = new Map<string, Database>();

interface Order {
  readonly act: 'open' | 'close';
  readonly path: string;
}

async function obey({ act, path }: Order): Promise<object> {
  if (act === 'close') {
    await open.get(path)?.close();
    return { done: 'closed' };
  }
  const database = await openDatabase({ path, log, owner: String(workerData) });
  open.set(path, database);
  await database.write((tx) => tx.run('CREATE TABLE IF NOT EXISTS t(a BIGINT)'));
  return { done: 'open' };
}

parentPort?.on('message', (order: Order) => {
  void obey(order)
    .catch(({ name, message, holder }: Error & { holder?: unknown }) => ({ name, message, holder }))
    .then((answer) => parentPort?.postMessage(answer, []));
});
