// Loaded into a real tickwright process (NODE_OPTIONS=--import=...) by tests of its databases: obeys orders that come in
// over a local socket (PROBE_ADDRESS names it). Not a part of the product.
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { openDatabases } from '@tickwright/database';

/** Runs for minutes, in pieces that can each be interrupted. */
const SLOW = 'SELECT count(*) AS n FROM range(10000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';

const commitsMs = [];
const ended = [];

const orders = {
  /** Starts slow reads of a database. */
  read({ owner, count, deadlineMs }) {
    const database = named(owner);
    for (let i = 0; i < count; i += 1) {
      database.read(SLOW, [], { deadlineMs }).then(
        () => ended.push('answered'),
        (error) => ended.push(error.code ?? String(error)),
      );
    }
    return {};
  },
  /** The figures of a database, and how long each of its commits took since `watch` was asked first. */
  figures({ owner }) {
    const { queueDepth, readsInFlight, readsWaiting, commits } = named(owner).stats;
    return { queueDepth, readsInFlight, readsWaiting, commits, commitsMs, ended };
  },
  /** Notes every commit from now on. */
  watch({ owner }) {
    const { stats } = named(owner);
    let seen = stats.commits;
    setInterval(() => {
      if (stats.commits === seen) return;
      seen = stats.commits;
      commitsMs.push(stats.commitMs.last);
    }, 10).unref();
    return {};
  },
  /** Sets the size of the log at which the engine checkpoints by itself, until it is opened anew. */
  async checkpointAt({ owner, size }) {
    await named(owner).write((tx) => tx.run(`SET GLOBAL wal_autocheckpoint = '${size}'`));
    return {};
  },
  /** What must never happen: opens and closes the file by other means. */
  dropLock({ owner }) {
    closeSync(openSync(named(owner).path, 'r'));
    return {};
  },
  /** The descriptors of this process on database files. */
  descriptors() {
    const names = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return { names: names.filter((name) => name.includes('.duckdb')) };
  },
};

function named(owner) {
  const database = openDatabases().find((each) => each.owner === owner);
  if (database === undefined) throw new Error(`no database "${owner}" is open`);
  return database;
}

const address = process.env['PROBE_ADDRESS'];
if (address !== undefined) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', async (line) => {
      const { order, ...options } = JSON.parse(line);
      let answer;
      try {
        answer = await orders[order](options);
      } catch (error) {
        answer = { error: String(error) };
      }
      socket.write(`${JSON.stringify(answer)}\n`);
    });
  });
  server.listen(address);
  server.unref();
}
