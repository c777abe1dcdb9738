/**
 * The program of a trial process (CommonJS): takes lines of trials from its standard input and answers each trial with a
 * line of its own, so that a crash tells which one it was. It ends when nobody is left who asks.
 *
 * A trial opens read-only, where a log is replayed in memory and the files stay as they are; a settling opens the file to
 * write and moves its log into it. After an opening that failed the heap may be spoiled, so that it ends
 * (duckdb-node-neo#393); after a statement that failed it is not used again, and neither after a file that it still has
 * open: the engine's lock would go with the process alone. Where that cannot be told (not Linux) it is for one line.
 *
 * Values are what is looked at, and no range of them that is told beside them: neither has a checksum in a Parquet file.
 *
 * A signal that is meant for the process that asks, and reaches all of its group, must not look like a crash.
 */
export const TRIAL_SCRIPT = `
const { DuckDBInstance } = require(process.argv[1]);
const { readdirSync, readlinkSync, realpathSync } = require('node:fs');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const quote = (name) => '"' + name.replaceAll('"', '""') + '"';
const SUM = (table) => 'SELECT count(*)::DOUBLE AS "rows", coalesce(bit_xor(hash(t)), 0)::VARCHAR AS hash FROM ' + table + ' t';
const tell = (answer) => new Promise((done) => process.stdout.write(JSON.stringify(answer) + '\\n', done));
const settings = { threads: '2', memory_limit: '1GB',
  disabled_optimizers: 'statistics_propagation,compressed_materialization',
  autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };

async function opened(path, options, work) {
  const instance = await DuckDBInstance.create(path, { ...settings, ...options });
  const connection = await instance.connect();
  const done = await work(connection);
  connection.closeSync();
  instance.closeSync();
  return done;
}

function tried({ path, statements, isSummed }) {
  return opened(path, { access_mode: path === ':memory:' ? 'AUTOMATIC' : 'READ_ONLY' }, async (connection) => {
    const run = async (sql) => {
      try {
        return { rows: (await connection.runAndReadAll(sql)).getRowObjectsJson() };
      } catch (error) {
        return { error: String(error.message) };
      }
    };
    const results = [];
    for (const sql of statements) results.push(await run(sql));
    const sums = [];
    const tables = isSummed ? await run('SELECT table_name AS name FROM duckdb_tables() ORDER BY 1') : { rows: [] };
    if (tables.error) sums.push({ table: '', ...tables });
    else for (const { name } of tables.rows) sums.push({ table: name, ...(await run(SUM(quote(name)))) });
    return { results, sums };
  });
}

function settled({ path }) {
  return opened(path, { storage_compatibility_version: 'latest' }, async (connection) => {
    await connection.run('CHECKPOINT');
    return { results: [], sums: [] };
  });
}

function isOpen(path) {
  if (path === ':memory:' || process.platform !== 'linux') return false;
  const real = realpathSync(path);
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync('/proc/self/fd/' + fd).startsWith(real);
    } catch {
      return false;
    }
  });
}

async function answers(trials) {
  let isSpent = process.platform !== 'linux';
  for (const trial of trials) {
    try {
      const told = await (trial.isSettling ? settled(trial) : tried(trial));
      isSpent ||= [...told.results, ...told.sums].some(({ error }) => error !== undefined) || isOpen(trial.path);
      await tell(told);
    } catch (error) {
      await tell({ failed: String(error.message) });
      process.exit(0);
    }
  }
  await tell({ isSpent });
}

(async () => {
  for await (const line of require('node:readline').createInterface({ input: process.stdin }))
    await answers(JSON.parse(line));
  process.exit(0);
})().catch((error) => process.stderr.write(String(error.message), () => process.exit(1)));`;
