// Brings a checkout to a state in which it can run: packages installed, sources built. Plain JavaScript on purpose:
// it runs when nothing is installed yet. Asks nothing; says what it does on stderr.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, 'node_modules', '.tickwright');
const say = (text) => process.stderr.write(`tickwright: ${text}\n`);

/** Installs packages unless what is installed belongs to this lock file; builds unless nothing changed since the last build. */
export function prepare() {
  checkNode();
  install();
  build();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`needs Node 20.19 or newer, this is ${process.versions.node}; install a newer Node and try again`);
  process.exit(1);
}

function install() {
  const wanted = digest([join(root, 'package-lock.json')]);
  if (existsSync(join(root, 'node_modules', 'nx')) && readStamp('installed') === wanted) return;
  say('installing packages (npm ci) ...');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeStamp('installed', wanted);
}

function build() {
  const wanted = digest(sources());
  const made = ['cli/dist/main.js', 'dashboard/dist/scanner.html'].map((file) => join(root, 'apps', file));
  if (readStamp('built') === wanted && made.every(existsSync)) return;
  say('building ...');
  run('npm', ['run', '--silent', 'build', '--', '--outputStyle=static']);
  writeStamp('built', wanted);
}

/** Every file that the build reads. */
function sources() {
  const found = ['package.json', 'nx.json', 'tsconfig.base.json'].map((name) => join(root, name));
  for (const group of ['libs', 'apps']) {
    for (const project of readdirSync(join(root, group))) walk(join(root, group, project), found);
  }
  return found.sort();
}

function walk(folder, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['dist', 'node_modules', 'test-results'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, found);
    else if (/\.(ts|tsx|js|json|html|css|proto|svg)$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
      found.push(path);
  }
}

/** Names, sizes and times stand for contents: reading a few hundred stats keeps a second start fast. */
function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp(name) {
  const file = join(stamps, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function writeStamp(name, text) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), text);
}

/** Runs a step with its output on our stderr, so that stdout stays free for results; a failure ends the process. */
function run(command, args) {
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
  const done = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status === 0) return;
  say(
    `${command} ${args.join(' ')} failed (${done.error?.message ?? `exit ${done.status}`}); the reason stands above`,
  );
  process.exit(1);
}
