import { Failure } from "../failure.ts";
import { Child, type ChildOptions } from "./child.ts";
import type { ChildRegistry } from "./registry.ts";

/** All children of one launcher; what was started last is stopped first. */
export class Supervisor {
  readonly #registry: ChildRegistry;
  readonly #say: (text: string) => void;
  readonly #children: { readonly name: string; readonly child: Child }[] = [];
  #stopping = false;

  constructor(registry: ChildRegistry, say: (text: string) => void) {
    this.#registry = registry;
    this.#say = say;
  }

  async start(options: ChildOptions): Promise<void> {
    if (this.#stopping) throw new Failure("Stopped while it started.");
    const child = new Child(options, this.#registry, this.#say);
    this.#children.push({ name: options.name, child });
    await child.start();
  }

  async renew(name: string, why: string): Promise<void> {
    await this.#children.find((entry) => entry.name === name)?.child.renew(why);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { name, child } of this.#children.toReversed()) {
      const willing = await child.stop();
      this.#say(willing ? `  ${name} stopped` : `! ${name} did not stop when asked to and was killed`);
    }
  }
}
