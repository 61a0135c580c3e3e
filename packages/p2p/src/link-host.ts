import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { ExchangeScope } from "./exchange-scope.ts";
import { HandlerSlots } from "./handler-slots.ts";
import type { HostLogger } from "./host-logger.ts";
import type { Exchange, ExchangeOptions, HandlerLimits, PeerHost, PeerTarget } from "./peer-host.ts";
import type { LinkStream, PeerLink } from "./peer-link.ts";
import { type RequestRate, RequestRateLimiter } from "./request-rate.ts";

/** How long those who were told to stop get to do so. */
const CANCEL_GRACE_MS = 1_000;

export interface LinkHostDeps {
  readonly link: PeerLink;
  readonly logger: HostLogger;
  readonly clock: Clock;
}

export interface LinkHostOptions {
  /** Undefined: anyone may connect, until `setMembers`. */
  readonly members?: ReadonlySet<string> | undefined;
  readonly requestRate: RequestRate;
}

/** The host over any link: time limits, concurrency, request rates, membership and orderly ends are the same on all. */
export function createLinkHost(deps: LinkHostDeps, options: LinkHostOptions): PeerHost {
  return new LinkHost(deps, options);
}

interface Handled {
  readonly protocol: string;
  readonly handler: (exchange: Exchange) => Promise<void>;
  readonly timeoutMs: number;
  readonly slots: HandlerSlots;
}

class LinkHost implements PeerHost {
  readonly #link: PeerLink;
  readonly #logger: HostLogger;
  readonly #rate: RequestRateLimiter;
  readonly #underWay = new Set<ExchangeScope>();
  #members: ReadonlySet<string> | undefined;
  #stopped: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(deps: LinkHostDeps, options: LinkHostOptions) {
    this.#link = deps.link;
    this.#logger = deps.logger;
    this.#rate = new RequestRateLimiter(deps.clock, options.requestRate);
    this.#members = options.members;
  }

  get peerId(): string {
    return this.#link.peerId;
  }

  addresses(): readonly string[] {
    return this.#link.addresses();
  }

  async handle(protocol: string, handler: Handled["handler"], limits: HandlerLimits): Promise<void> {
    const handled: Handled = { protocol, handler, timeoutMs: limits.timeoutMs, slots: new HandlerSlots(limits) };
    await this.#link.listen(protocol, (stream) => this.#accept(handled, stream));
  }

  // oxlint-disable-next-line max-params -- the port's own signature
  async exchange<T>(
    target: PeerTarget,
    protocol: string,
    run: (exchange: Exchange) => Promise<T>,
    options: ExchangeOptions,
  ): Promise<T> {
    if (this.#stopped !== undefined) throw stopping();
    const scope = this.#begin(new ExchangeScope(options));
    try {
      const stream = await this.#open(scope, target, { protocol, timeoutMs: options.timeoutMs });
      const result = await this.#run(scope, stream, run);
      this.#finish(stream, options.timeoutMs);
      return result;
    } finally {
      this.#end(scope);
    }
  }

  async setMembers(peerIds: ReadonlySet<string>): Promise<void> {
    this.#members = new Set(peerIds);
    this.#link.setMembers(this.#members);
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    await this.#idleWithin(graceMs);
    for (const scope of this.#underWay) scope.cancel(stopping());
    await this.#idleWithin(CANCEL_GRACE_MS);
    await this.#link.close();
  }

  async #open(
    scope: ExchangeScope,
    target: PeerTarget,
    options: { readonly protocol: string; readonly timeoutMs: number },
  ): Promise<LinkStream> {
    const { protocol, timeoutMs } = options;
    const opening = this.#link.open(target, protocol, { signal: scope.signal, timeoutMs });
    opening.then(
      (stream) => {
        if (scope.cancelReason !== undefined) stream.abort(scope.cancelReason);
      },
      () => {},
    );
    try {
      return await scope.race(opening);
    } catch (error) {
      if (!scope.timedOut) throw error;
      throw new AppError("NODE_UNREACHABLE", `${target.peerId} could not be reached within ${timeoutMs} ms`, {
        cause: error,
      });
    }
  }

  async #run<T>(scope: ExchangeScope, stream: LinkStream, run: (exchange: Exchange) => Promise<T>): Promise<T> {
    scope.onCancel((reason) => stream.abort(reason));
    if (stream.lost.aborted) scope.lose(stream.lost.reason);
    else stream.lost.addEventListener("abort", () => scope.lose(stream.lost.reason), { once: true });
    try {
      return await scope.race(run({ stream, remotePeerId: stream.remotePeerId, signal: scope.signal }));
    } catch (error) {
      stream.abort(toError(error));
      throw error;
    }
  }

  /** Ends a stream that has served its purpose; whatever goes wrong here has no bearing on the result. */
  #finish(stream: LinkStream, timeoutMs: number): void {
    const timer = setTimeout(() => stream.abort(new AppError("TIMEOUT", "the stream did not end in time")), timeoutMs);
    timer.unref();
    stream
      .closeWrite()
      .then(() => stream.release())
      .catch((error: unknown) => this.#logger.debug({ err: error, peer: stream.remotePeerId }, "stream not closed"))
      .finally(() => clearTimeout(timer));
  }

  #accept(handled: Handled, stream: LinkStream): void {
    const peer = stream.remotePeerId;
    const refusal = this.#refusalOf(handled, peer);
    if (refusal === undefined) {
      void this.#serve(handled, stream);
      return;
    }
    this.#logger.debug({ err: refusal, peer, protocol: handled.protocol }, "exchange refused");
    stream.abort(refusal);
  }

  #refusalOf(handled: Handled, peer: string): AppError | undefined {
    if (this.#stopped !== undefined) return stopping();
    if (this.#members !== undefined && !this.#members.has(peer)) {
      return new AppError("NOT_A_MEMBER", `${peer} is no member`);
    }
    if (!this.#rate.take(peer)) return new AppError("TOO_MANY_REQUESTS", `${peer} makes too many requests`);
    if (!handled.slots.enter(peer)) {
      return new AppError("OVERLOADED", `too many exchanges of ${handled.protocol} are under way`);
    }
    return undefined;
  }

  /** Never rejects. */
  async #serve(handled: Handled, stream: LinkStream): Promise<void> {
    const scope = this.#begin(new ExchangeScope({ timeoutMs: handled.timeoutMs }));
    const peer = stream.remotePeerId;
    try {
      await this.#run(scope, stream, async (exchange) => {
        try {
          await handled.handler(exchange);
          await stream.closeWrite();
        } finally {
          // Not when the time limit passes: a handler that goes on still costs what the limits are there for.
          handled.slots.leave(peer);
        }
      });
      stream.release();
    } catch (error) {
      const fields = { err: error, peer, protocol: handled.protocol };
      if (error instanceof AppError) this.#logger.debug(fields, "exchange failed");
      else this.#logger.error(fields, "exchange failed with an unexpected error");
    } finally {
      this.#end(scope);
    }
  }

  #begin(scope: ExchangeScope): ExchangeScope {
    this.#underWay.add(scope);
    return scope;
  }

  #end(scope: ExchangeScope): void {
    scope.end();
    this.#underWay.delete(scope);
    if (this.#underWay.size === 0) this.#onIdle?.();
  }

  async #idleWithin(graceMs: number): Promise<void> {
    if (this.#underWay.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    this.#onIdle = resolve;
    await promise;
    clearTimeout(timer);
  }
}

function stopping(): AppError {
  return new AppError("SHUTTING_DOWN", "this host is stopping");
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new AppError("INTERNAL", String(error));
}
