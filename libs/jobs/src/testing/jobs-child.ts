// Works on the jobs of a database until it is killed; writes down each call of a handler and each completion it knows of.
import { appendFileSync } from 'node:fs';
import { openDatabase } from '@tickwright/database';
import { systemClock } from '@tickwright/runtime';
import { JobQueue, workJobs } from '../index.ts';
import type { JobHandler } from '../index.ts';

const [path = '', journal = ''] = process.argv.slice(2);
const note = (line: string): void => appendFileSync(journal, `${line}\n`);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const stop = new AbortController();
const database = await openDatabase({ path, log });
const queue = await JobQueue.open({ database, clock: systemClock, log });
// Of what earlier processes did: a handler must not be called for any of these again.
for (const job of queue.view.jobs({ state: 'succeeded' })) note(`completed ${job.id}`);
const expanding: JobHandler = async ({ job, expand }) => {
  note(`call ${job}`);
  await expand({ name: 'chunks', jobs: ['1', '2', '3'].map((key) => ({ key, kind: 'chunk' })) });
  return undefined;
};
const chunk: JobHandler = async ({ job, signal }) => {
  note(`call ${job}`);
  await systemClock.sleep(Math.random() * 20, signal);
  return undefined;
};
const handlers = new Map([
  ['instrument', expanding],
  ['chunk', chunk],
]);
const working = workJobs({ queue, handlers, workers: 3, clock: systemClock, log, signal: stop.signal });
process.stdout.write('up\n');
await queue.ended('recovery');
stop.abort(new Error('all done'));
await working;
await queue.close();
await database.close();
