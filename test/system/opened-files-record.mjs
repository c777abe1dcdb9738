// Loaded into a process before everything else: writes the path of every file that JavaScript opens, in whatever way, to
// the file that PROBE_OPENED_FILES names. The engine opens its files in native code, which is not seen here.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const record = process.env['PROBE_OPENED_FILES'];

/** Every function of node:fs that opens the file it is given; of those with two paths both are noted. */
const NAMES = [
  'open',
  'openSync',
  'openAsBlob',
  'readFile',
  'readFileSync',
  'writeFile',
  'writeFileSync',
  'appendFile',
  'appendFileSync',
  'copyFile',
  'copyFileSync',
  'cp',
  'cpSync',
  'truncate',
  'truncateSync',
  'createReadStream',
  'createWriteStream',
];

let descriptor = -1;

function note(line) {
  fs.writeSync(descriptor, `${line}\n`);
}

function wrap(target, name) {
  const original = target[name];
  if (typeof original !== 'function') return;
  target[name] = function recorded(...args) {
    for (const path of args.slice(0, 2)) {
      if (typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path))
        note(`${name} ${String(path).slice(0, 300).replaceAll('\n', ' ')}`);
    }
    return Reflect.apply(original, this, args);
  };
}

if (record !== undefined) {
  descriptor = fs.openSync(record, 'a');
  note('recording');
  for (const name of NAMES) {
    wrap(fs, name);
    wrap(fs.promises, name);
  }
  syncBuiltinESMExports();
}
