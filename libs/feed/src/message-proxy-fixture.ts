import { Publisher, Subscriber } from 'zeromq';

/** Stands between PUB and SUB and passes on what it is told to: the line that loses messages. */
export class MessageProxy implements AsyncDisposable {
  readonly #subscriber: Subscriber;
  readonly #publisher: Publisher;
  readonly #done: Promise<void>;
  dropped = 0;
  passed = 0;

  static async open(options: {
    readonly from: string;
    /** Whether a message gets through. */
    readonly passes: (topic: string, message: Buffer) => boolean;
    /** What becomes of one that does. */
    readonly changed?: (message: Buffer) => Buffer;
  }): Promise<MessageProxy> {
    const publisher = new Publisher({ linger: 0, sendTimeout: 0 });
    await publisher.bind('tcp://127.0.0.1:*');
    return new MessageProxy(publisher, options);
  }

  private constructor(publisher: Publisher, options: Parameters<typeof MessageProxy.open>[0]) {
    this.#publisher = publisher;
    this.#subscriber = new Subscriber({ linger: 0 });
    this.#subscriber.connect(options.from);
    this.#subscriber.subscribe('');
    this.#done = this.#pass(options);
  }

  get address(): string {
    return this.#publisher.lastEndpoint ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriber.close();
    await this.#done;
    this.#publisher.close();
  }

  async #pass({
    passes,
    changed = (message) => message,
  }: Parameters<typeof MessageProxy.open>[0]): Promise<void> {
    for await (const [topic, message] of this.#subscriber) {
      if (topic === undefined || message === undefined) continue;
      if (passes(topic.toString(), message)) {
        this.passed += 1;
        await this.#publisher.send([topic, changed(message)]);
      } else this.dropped += 1;
    }
  }
}
