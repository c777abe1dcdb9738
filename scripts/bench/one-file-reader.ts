import { inTurn } from './one-file.ts';
import { readAtPace } from './paced-reading.ts';

// A process of its own: `one-file-reader.ts PATH INSTRUMENTS SECONDS`. The last day of one instrument, from the file
// that the writer writes to.

const [path, instruments, seconds] = process.argv.slice(2);
const turn = { mode: 'READ_ONLY', delaysMs: [100, 200, 300] } as const;

await readAtPace(Number(seconds), async (number) => {
  const key = `SIM|S${(number * 37 + process.pid) % Number(instruments)}`;
  const newest = await inTurn(path, turn, async (connection) => {
    const sql = `SELECT *, epoch_ms(updated_at) AS updated_ms FROM candles WHERE instrument = '${key}' ORDER BY open_time`;
    const rows = (await connection.runAndReadAll(sql)).getRowObjects();
    return Number(rows[rows.length - 1]['updated_ms']);
  });
  return { ageMs: Date.now() - newest };
});
