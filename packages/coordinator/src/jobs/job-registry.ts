import { AppError } from "@commonhold/core/app-error.ts";
import type { ActionNote } from "@commonhold/metadata/commands/admin-actions.ts";
import { type Job, type JobSettings, type JobStatus, type JobThrottle, THROTTLE_BYTES_PER_SECOND_MIN } from "./job.ts";

/** Where the settings of jobs are kept, with who asked for them. */
export interface JobSettingsStore {
  load(): Promise<ReadonlyMap<string, JobSettings>>;
  /** Resolves when it is durable. */
  save(name: string, settings: JobSettings, note?: ActionNote): Promise<void>;
}

/** Every job of the coordinator, to be listed, paused, throttled and run by hand. What is decided outlives a restart. */
export class JobRegistry {
  readonly #store: JobSettingsStore;
  readonly #jobs = new Map<string, Job>();
  readonly #listeners: ((name: string) => void)[] = [];

  constructor(store: JobSettingsStore) {
    this.#store = store;
  }

  add(job: Job): void {
    if (this.#jobs.has(job.name)) throw new AppError("INTERNAL", `there are two jobs called ${job.name}`);
    this.#jobs.set(job.name, job);
    job.onChanged(() => {
      for (const listener of this.#listeners) listener(job.name);
    });
  }

  /** Called with the name of a job whose status has changed. */
  onChanged(listener: (name: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins the periodic runs of every job, each as it was last set. */
  async start(): Promise<void> {
    for (const [name, settings] of await this.#store.load()) this.#jobs.get(name)?.configure(settings);
    for (const job of this.#jobs.values()) job.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stop()));
  }

  /** In the order of their names. */
  list(): readonly JobStatus[] {
    return [...this.#jobs.values()].map((job) => job.status()).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Begins a run; its end stands in the job's status.
   * @throws AppError NOT_FOUND, INVALID_REQUEST where it is paused
   */
  run(name: string): JobStatus {
    const job = this.#get(name);
    if (job.settings().isPaused) {
      throw new AppError("INVALID_REQUEST", `the job ${name} is paused: resume it, and it can run`);
    }
    void job.runNow();
    return job.status();
  }

  /** @throws AppError NOT_FOUND */
  setPaused(name: string, isPaused: boolean, note?: ActionNote): Promise<JobStatus> {
    const job = this.#get(name);
    return this.#configure(job, { ...job.settings(), isPaused }, note);
  }

  /** @throws AppError NOT_FOUND, INVALID_REQUEST for a job that has nothing to throttle, and for less than 64 KiB/s */
  setThrottle(name: string, throttle: JobThrottle, note?: ActionNote): Promise<JobStatus> {
    const job = this.#get(name);
    if (!job.canThrottle)
      throw new AppError("INVALID_REQUEST", `the job ${name} moves nothing that could be throttled`);
    const { bytesPerSecond } = throttle;
    if (bytesPerSecond !== undefined && bytesPerSecond < THROTTLE_BYTES_PER_SECOND_MIN) {
      throw new AppError(
        "INVALID_REQUEST",
        `bytes_per_second is ${bytesPerSecond}: a job cannot be held to less than ${THROTTLE_BYTES_PER_SECOND_MIN} ` +
          "(64 KiB) per second; to stop it for a while, pause it",
        { details: { in: "body", field: "throttle.bytes_per_second" } },
      );
    }
    return this.#configure(job, { ...job.settings(), throttle }, note);
  }

  async #configure(job: Job, settings: JobSettings, note: ActionNote | undefined): Promise<JobStatus> {
    await this.#store.save(job.name, settings, note);
    job.configure(settings);
    return job.status();
  }

  #get(name: string): Job {
    const job = this.#jobs.get(name);
    if (job !== undefined) return job;
    const names = [...this.#jobs.keys()].sort().join(", ");
    throw new AppError("NOT_FOUND", `there is no job "${name}": there are ${names}`);
  }
}
