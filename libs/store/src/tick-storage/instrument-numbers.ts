import { instrumentKey, splitKey } from '@tickwright/market';
import type { InstrumentRow, InstrumentTable } from '@tickwright/market';

/**
 * Which number an instrument has in the tick file, and which in the process's table. They are the same wherever the
 * table was filled from the file; where a configuration registered others before, they differ.
 */
export class InstrumentNumbers {
  readonly #table: InstrumentTable;
  readonly #fileOf: number[] = [];
  readonly #tableOf: number[] = [];
  #isSame = true;

  /** Adds the stored instruments, in order of their numbers in the file, to the table. */
  constructor(table: InstrumentTable, stored: readonly InstrumentRow[]) {
    this.#table = table;
    for (const row of stored) {
      const key = instrumentKey(row.key);
      this.confirm([table.add({ ...row, key, ...splitKey(key) })]);
    }
  }

  /** How many the file has. */
  get stored(): number {
    return this.#tableOf.length;
  }

  /** Table numbers of instruments that the file does not have yet. */
  missing(): number[] {
    const missing: number[] = [];
    for (let number = 0; number < this.#table.size; number++) {
      if (this.#fileOf[number] === undefined) missing.push(number);
    }
    return missing;
  }

  /** Tells that the file now has these, numbered on from what it had. */
  confirm(tableNumbers: readonly number[]): void {
    for (const number of tableNumbers) {
      this.#fileOf[number] = this.#tableOf.length;
      if (number !== this.#tableOf.length) this.#isSame = false;
      this.#tableOf.push(number);
    }
  }

  /** The file's numbers of table numbers, where `added` is about to be numbered on. The same array where nothing differs. */
  toFile(tableNumbers: Int32Array, added: readonly number[]): Int32Array {
    if (this.#isSame && added.every((number, index) => number === this.stored + index)) return tableNumbers;
    const next = new Map(added.map((number, index) => [number, this.stored + index]));
    return tableNumbers.map((number) => this.#fileOf[number] ?? next.get(number) ?? -1);
  }

  /** The table's number of a file number. Throws a RangeError for one that the file does not have. */
  readonly toTable = (fileNumber: number): number => {
    const number = this.#tableOf[fileNumber];
    if (number === undefined) throw new RangeError(`the tick file has no instrument of number ${fileNumber}`);
    return number;
  };
}
