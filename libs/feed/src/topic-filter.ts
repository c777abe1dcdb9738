/** A set of prefixes that end with a slash, asked about whole topics: a look-up a slash, however many prefixes there are. */
export class TopicFilter {
  readonly #prefixes: ReadonlySet<string>;

  constructor(prefixes: Iterable<string>) {
    this.#prefixes = new Set(prefixes);
  }

  has(topic: string): boolean {
    return this.match(topic) !== undefined;
  }

  /** The prefix that lets a topic in. */
  match(topic: string): string | undefined {
    if (this.#prefixes.has(topic)) return topic;
    for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) {
      const prefix = topic.slice(0, at + 1);
      if (this.#prefixes.has(prefix)) return prefix;
    }
    return undefined;
  }
}
