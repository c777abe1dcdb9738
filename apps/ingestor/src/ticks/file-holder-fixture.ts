// A process that has a database file open until it is told to go, or killed. Not exported by the package.
import { openDatabase } from '@tickwright/database';

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const database = await openDatabase({ path: String(process.argv[2]), log });
process.send?.('held');
process.once('message', () => {
  void database.close().finally(() => process.disconnect());
});
process.once('disconnect', () => process.exit());
